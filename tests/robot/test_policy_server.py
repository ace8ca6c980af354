"""A policy over a websocket answers as the same policy at home, and nobody else's messages do harm."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import msgpack
import numpy as np
import pytest
from exported import HEIGHT, STATE, WIDTH, pictures
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve

from gplac.errors import UserError
from gplac.robot import Look, Policy, RemotePolicy
from gplac.robot.server import MAX_CLIENTS, PolicyServer, new_token
from gplac.robot.wire import DTYPES, pack, quiet_logger, unpack

TOKEN = "correct-horse-battery"
PATIENT_S = 60.0


@pytest.fixture
def server(policy: Policy) -> Iterator[PolicyServer]:
    with PolicyServer(policy, TOKEN) as server:
        yield server


def raw(server: PolicyServer, **headers: str) -> ClientConnection:
    return connect(server.url, additional_headers={"Authorization": f"Bearer {TOKEN}"} | headers, proxy=None)


def test_it_answers_as_the_local_policy(server: PolicyServer, policy: Policy) -> None:
    states = np.random.default_rng(0).normal(3.0, 2.0, (5, STATE)).astype(np.float32)
    with RemotePolicy(server.url, TOKEN, PATIENT_S) as remote:
        assert remote.card == policy.card
        for image, state in zip(pictures(5), states, strict=True):
            here, there = policy.look(image, state), remote.look(image, state)
            assert there.action.tolist() == here.action.tolist() == remote.act(image, state).tolist()
            assert there.present == here.present
            assert here.points is not None and there.points is not None
            assert there.points.tolist() == here.points.tolist()


def test_bad_input_is_refused_before_it_travels(
    server: PolicyServer, image: np.ndarray, state: np.ndarray
) -> None:
    with RemotePolicy(server.url, TOKEN, PATIENT_S) as remote:
        for bad in ((image[:-1], state), (image.astype(np.float32), state), (image, state * np.nan)):
            with pytest.raises(UserError):
                remote.look(*bad)
        remote.look(image, state)
    with RemotePolicy(server.url, TOKEN, PATIENT_S, resize=True) as remote:
        remote.look(image.repeat(2, axis=0), state)


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", "ü" * 20])
def test_without_the_token_nobody_is_let_in(server: PolicyServer, token: str) -> None:
    with pytest.raises(UserError, match="[tT]oken"):
        RemotePolicy(server.url, token, PATIENT_S)
    with pytest.raises(InvalidStatus, match="401"):
        connect(server.url, proxy=None)


def test_a_page_in_a_browser_is_not_let_in(server: PolicyServer) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        raw(server, Origin="http://example.org")


@pytest.mark.parametrize("port", [-1, 70_000])
def test_what_is_no_port_is_named(port: int, policy: Policy) -> None:
    with pytest.raises(UserError, match="0-65535"):
        PolicyServer(policy, new_token(), port=port)
    with pytest.raises(UserError, match="no address"):
        RemotePolicy(f"ws://127.0.0.1:{port}", new_token())


@pytest.mark.parametrize("timeout_s", [0.0, -1.0, float("nan")])
def test_a_wait_that_is_none_is_refused(timeout_s: float, server: PolicyServer) -> None:
    with pytest.raises(UserError, match="more than 0 s"):
        RemotePolicy(server.url, server.token, timeout_s)


def test_a_token_has_to_be_one(policy: Policy) -> None:
    with pytest.raises(UserError, match="token"):
        PolicyServer(policy, "short")
    assert len({new_token() for _ in range(10)}) == 10


def test_an_address_that_is_taken_or_empty_is_named(server: PolicyServer, policy: Policy) -> None:
    with pytest.raises(UserError, match=f"127.0.0.1:{server.port}"):
        PolicyServer(policy, TOKEN, port=server.port)
    with socket.socket() as taken:  # bound but not listening: a connection to it is refused
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(UserError, match="No policy server answers"):
            RemotePolicy(f"ws://127.0.0.1:{taken.getsockname()[1]}", TOKEN, PATIENT_S)
    with pytest.raises(UserError, match="no address"):
        RemotePolicy("http://127.0.0.1", TOKEN)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xc1",
        "text",
        msgpack.packb([1, 2]),
        msgpack.packb({"id": 1}),
        msgpack.packb({"id": "1", "image": None, "state": None}),
        msgpack.packb({"id": 1, "image": None, "state": None}),
        msgpack.packb(
            {"id": 1, "image": {"dtype": "object", "shape": [1], "data": b"12345678"}, "state": None}
        ),
        msgpack.packb(
            {"id": 1, "image": {"dtype": "uint8", "shape": [2**62, 4], "data": b""}, "state": None}
        ),
        msgpack.packb({"id": 1, "image": {"dtype": "uint8", "shape": [-1], "data": b"1"}, "state": None}),
        msgpack.packb({"id": 1, "image": msgpack.ExtType(5, b"x"), "state": None}),
        msgpack.packb({1: 2}),
    ],
)
def test_a_strange_message_gets_a_sentence_and_the_server_goes_on(
    server: PolicyServer, image: np.ndarray, state: np.ndarray, message: bytes | str
) -> None:
    with raw(server) as connection:
        connection.recv(timeout=PATIENT_S)
        connection.send(message)
        assert isinstance(unpack(connection.recv(timeout=PATIENT_S))["error"], str)
        connection.send(pack({"id": 9, "image": image, "state": state}))
        assert unpack(connection.recv(timeout=PATIENT_S))["id"] == 9


def test_a_message_that_is_too_large_ends_the_connection_and_nothing_else(
    server: PolicyServer, image: np.ndarray, state: np.ndarray
) -> None:
    with raw(server) as connection:
        connection.recv(timeout=PATIENT_S)
        connection.send(
            pack({"id": 1, "image": np.zeros((HEIGHT * 3, WIDTH * 3, 3), np.uint8), "state": state})
        )
        with pytest.raises(ConnectionClosed, match="1009"):
            connection.recv(timeout=PATIENT_S)
    with RemotePolicy(server.url, TOKEN, PATIENT_S) as remote:
        remote.look(image, state)


def test_too_many_clients_are_sent_away_until_one_leaves(server: PolicyServer) -> None:
    seats = [RemotePolicy(server.url, TOKEN, PATIENT_S) for _ in range(MAX_CLIENTS)]
    with pytest.raises(UserError, match="too many"):
        RemotePolicy(server.url, TOKEN, PATIENT_S)
    for seat in seats:
        seat.close()


class Stuck(Policy):
    """A policy that does not answer its first question until it may."""

    def look(self, image: np.ndarray, state: object) -> Look:
        look = super().look(image, state)  # type: ignore[arg-type]
        if hasattr(self, "may"):
            self.asked += 1
            if self.asked == 1:
                self.may.wait(PATIENT_S)
                return Look(look.action + 1000, look.points, look.present)
        return look


def test_a_server_that_does_not_answer_in_time_is_named_and_its_late_answer_forgotten(
    policy_file: object, policy: Policy, image: np.ndarray, state: np.ndarray
) -> None:
    stuck = Stuck.load(str(policy_file))
    stuck.may, stuck.asked = threading.Event(), 0
    with PolicyServer(stuck, TOKEN) as server, RemotePolicy(server.url, TOKEN, PATIENT_S) as remote:
        remote.timeout_s = 0.05
        with pytest.raises(UserError, match=r"within 0\.05 s"):
            remote.look(image, state)
        stuck.may.set()
        remote.timeout_s = PATIENT_S
        assert remote.look(image, state).action.tolist() == policy.look(image, state).action.tolist()


def test_a_late_refusal_is_forgotten_as_well(
    policy_file: object, policy: Policy, image: np.ndarray, state: np.ndarray
) -> None:
    class Refusing(Stuck):
        def look(self, image: np.ndarray, state: object) -> Look:
            look = super().look(image, state)
            if getattr(self, "asked", 0) == 1:
                raise UserError("the first question")
            return look

    refusing = Refusing.load(str(policy_file))
    refusing.may, refusing.asked = threading.Event(), 0
    with PolicyServer(refusing, TOKEN) as server, RemotePolicy(server.url, TOKEN, PATIENT_S) as remote:
        remote.timeout_s = 0.05
        with pytest.raises(UserError, match=r"within 0\.05 s"):
            remote.look(image, state)
        refusing.may.set()
        remote.timeout_s = PATIENT_S
        assert remote.look(image, state).action.tolist() == policy.look(image, state).action.tolist()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda look: replace(look, action=look.action.astype(np.uint8)),
        lambda look: replace(look, action=look.action[:-1]),
        lambda look: replace(look, action=look.action * np.float32("nan")),
        lambda look: replace(look, action="up"),
        lambda look: replace(look, points=look.points + np.float32("inf")),
        lambda look: replace(look, points=None),
        lambda look: replace(look, present=float("nan")),
        lambda look: replace(look, present=1.5),
        lambda look: replace(look, present="yes"),
        lambda look: replace(look, present=None),
    ],
)
def test_an_answer_that_is_none_of_its_policy_is_refused(
    wrong: Callable[[Look], Look], policy: Policy, image: np.ndarray, state: np.ndarray
) -> None:
    answer = wrong(policy.look(image, state))

    def strange(connection: ServerConnection) -> None:
        connection.send(pack({"card": policy.card.to_json()}))
        question = unpack(connection.recv())
        connection.send(pack({"id": question["id"]} | vars(answer)))

    with serve(strange, "127.0.0.1", 0, logger=quiet_logger("strange")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        with (
            RemotePolicy(url, TOKEN, PATIENT_S) as remote,
            pytest.raises(UserError, match="else than the finite outputs"),
        ):
            remote.look(image, state)


def test_a_network_that_takes_no_picture_does_not_keep_the_robot_waiting(
    policy: Policy, state: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    card = replace(policy.card, height=3000, width=3000)  # more than the system's buffers hold
    over = threading.Event()

    def deaf(connection: ServerConnection) -> None:
        connection.send(pack({"card": card.to_json()}))
        with connection.protocol_mutex:  # its thread reads no further
            over.wait(PATIENT_S)

    with serve(deaf, "127.0.0.1", 0, logger=quiet_logger("deaf")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with RemotePolicy(f"ws://127.0.0.1:{server.socket.getsockname()[1]}", TOKEN, 2.0) as remote:
            began = time.monotonic()
            with pytest.raises(UserError, match="connection is lost"):
                remote.look(np.zeros((3000, 3000, 3), np.uint8), state)
            waited_s = time.monotonic() - began
        over.set()
    assert waited_s < 15 and not caplog.records


def test_a_server_that_goes_away_is_named(policy: Policy, image: np.ndarray, state: np.ndarray) -> None:
    server = PolicyServer(policy, TOKEN)
    with server:
        remote = RemotePolicy(server.url, TOKEN, PATIENT_S)
        remote.look(image, state)
    with pytest.raises(UserError, match="gone"):
        remote.look(image, state)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=5),
        st.one_of(
            st.none(),
            st.integers(-(2**63), 2**63),
            st.floats(allow_nan=False),
            st.text(max_size=5),
            *(
                hnp.arrays(kind, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3))
                for kind in (np.uint8, np.float32)
            ),
        ),
        max_size=4,
    )
)
def test_what_is_packed_comes_out_again(message: dict[str, object]) -> None:
    found = unpack(pack(message))
    assert found.keys() == message.keys()
    for key, value in message.items():
        if isinstance(value, np.ndarray):
            assert found[key].dtype == value.dtype and found[key].tobytes() == value.tobytes()
            assert found[key].shape == value.shape
        else:
            assert found[key] == value


def test_only_some_arrays_are_sent() -> None:
    assert set(DTYPES) == {"uint8", "float32"}
    for dtype in (np.float64, object, "U3", np.complex64):
        with pytest.raises(ValueError, match="not sent"):
            pack({"a": np.zeros(1, dtype)})


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_a_sentence(content: bytes) -> None:
    try:
        assert isinstance(unpack(content), dict)
    except UserError:
        return
