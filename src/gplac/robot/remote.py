"""A policy that runs on another machine, with the interface of a local one."""

import math
import socket
import time
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException
from websockets.sync.client import connect

from gplac.errors import UserError
from gplac.robot.card import Card
from gplac.robot.policy import Floats, Look, checked_image, checked_state
from gplac.robot.wire import pack, quiet_logger, unpack

MAX_ANSWER_BYTES = 1 << 20
LONGEST_MS = (1 << 31) - 1
"""Of what the system waits for at most."""


class RemotePolicy:
    """What `gplac robot serve` offers; a context manager. For use from one thread.

    Args:
        url: of the server, for instance ``ws://127.0.0.1:8765``.
        token: the server's.
        timeout_s: longest wait for the connection, and for each answer.
        resize: whether images of another size are cropped and scaled, on this side.

    Raises:
        UserError: nobody answers there, or not with this token; no address, or no time to wait.
    """

    card: Card
    """Of the policy that answers."""

    def __init__(self, url: str, token: str, timeout_s: float = 1.0, resize: bool = False) -> None:
        if not 0 < timeout_s < math.inf:
            raise UserError(f"The longest wait for an answer has to be more than 0 s, not {timeout_s:g}.")
        self.url, self.timeout_s, self.resize = url, timeout_s, resize
        self._number = 0
        if not token.isascii():
            raise UserError(
                "A token is made of letters and digits; the server prints its own when it starts."
            )
        self._open = ExitStack()
        try:
            self._connection = self._open.enter_context(
                connect(
                    url,
                    additional_headers={"Authorization": f"Bearer {token}"},
                    compression=None,
                    open_timeout=timeout_s,
                    close_timeout=timeout_s,
                    max_size=MAX_ANSWER_BYTES,
                    proxy=None,
                    logger=quiet_logger("gplac.robot.remote"),
                )
            )
        except InvalidStatus as error:
            status = error.response.status_code
            reason = "the token is wrong" if status == 401 else f"it answers with status {status}"
            raise UserError(f"The policy server at {url} refuses: {reason}.") from error
        except (InvalidURI, ValueError) as error:  # the latter of a number that is no port
            raise UserError(f"{url!r} is no address of a policy server: write ws://HOST:PORT.") from error
        except (OSError, WebSocketException) as error:
            raise UserError(
                f"No policy server answers at {url} ({error or type(error).__name__}): start one with "
                "`gplac robot serve`."
            ) from error
        longest_ms = min(math.ceil(1000 * timeout_s), LONGEST_MS)
        with suppress(OSError):  # closed again already: the answer that does not come says why
            # Else `send` would wait with a picture that the network does not take, and the robot go on meanwhile.
            self._connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, longest_ms)
        try:
            self.card = Card.from_json(str(self._receive(time.monotonic() + timeout_s).get("card")), url)
        except UserError:
            self.close()
            raise

    def act(self, image: npt.NDArray[Any], state: npt.ArrayLike) -> Floats:
        """See `gplac.robot.Policy.act`."""
        return self.look(image, state).action

    def look(self, image: npt.NDArray[Any], state: npt.ArrayLike) -> Look:
        """See `gplac.robot.Policy.look`.

        Raises:
            UserError: as there; the server does not answer in time, or not at all any more, or with something else
                than finite outputs of its policy.
        """
        image_HW3 = checked_image(image, self.card, self.resize)
        state_S = checked_state(state, self.card)
        self._number += 1
        deadline = time.monotonic() + self.timeout_s
        try:
            self._connection.send(pack({"id": self._number, "image": image_HW3, "state": state_S}))
        except ConnectionClosed as error:
            raise self._gone(error) from error
        while True:
            answer = self._receive(deadline)
            # An answer that came too late for its own question is nobody's any more.
            if answer.get("id") not in (None, self._number):
                continue
            if "error" in answer:
                raise UserError(f"The policy server at {self.url} says: {answer['error']}")
            return self._look(answer)

    def close(self) -> None:
        """End the connection."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _receive(self, deadline: float) -> dict[str, Any]:
        try:
            return unpack(self._connection.recv(timeout=max(0.0, deadline - time.monotonic())))
        except TimeoutError as error:
            raise UserError(
                f"The policy server at {self.url} did not answer within {self.timeout_s:g} s: is the network slow?"
            ) from error
        except ConnectionClosed as error:
            raise self._gone(error) from error

    def _gone(self, error: ConnectionClosed) -> UserError:
        reason = (
            error.rcvd.reason if error.rcvd is not None and error.rcvd.reason else "the connection is lost"
        )
        return UserError(f"The policy server at {self.url} is gone: {reason}")

    def _look(self, answer: dict[str, Any]) -> Look:
        card = self.card
        action, points, present = (answer.get(name) for name in ("action", "points", "present"))
        arrays_fit = _fits(action, (card.action_size,)) and (
            _fits(points, (card.points, 2)) if card.points else points is None
        )
        probability_fits = (
            isinstance(present, float) and 0 <= present <= 1 if card.classifier else present is None
        )
        if not (arrays_fit and probability_fits):
            raise UserError(
                f"The policy server at {self.url} answers with something else than the finite outputs of its policy;"
                " look at what it serves, and start it again."
            )
        return Look(action, points, present)  # type: ignore[arg-type]


def _fits(found: Any, shape: tuple[int, ...]) -> bool:
    """Whether it is an array of finite float32 of that shape."""
    if not (isinstance(found, np.ndarray) and found.dtype == np.float32 and found.shape == shape):
        return False
    return bool(np.isfinite(found).all())
