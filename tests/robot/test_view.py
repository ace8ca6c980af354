"""The live picture: points where they are, bars as long as the action, a page on loopback for this machine alone."""

import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from io import BytesIO

import numpy as np
import pytest
from exported import ACTION, HEIGHT, WIDTH, pictures
from PIL import Image

from gplac.errors import UserError
from gplac.robot import Look, Policy
from gplac.robot.card import Card
from gplac.robot.overlay import WIDTH as DRAWN
from gplac.robot.overlay import overlay
from gplac.robot.record import Tick
from gplac.robot.view import View

GREY = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
ROWS = round(DRAWN * HEIGHT / WIDTH)
NOTHING = Look(np.zeros(ACTION, np.float32), None, None)


@pytest.fixture
def card(policy: Policy) -> Card:
    return policy.card


def drawn(look: Look, card: Card, **more: object) -> np.ndarray:
    return np.asarray(overlay(GREY, look, card, np.ones(ACTION), **more))  # type: ignore[arg-type]


def blue(picture: np.ndarray) -> int:
    """Pixels of bars."""
    return int((picture == (0x6A, 0xA8, 0xFF)).all(axis=2).sum())


def test_a_point_is_drawn_where_the_policy_has_it(card: Card) -> None:
    points = np.array([[3.0, 12.0]], np.float32)
    changed = (drawn(replace(NOTHING, points=points), card)[:ROWS] != 128).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert columns.mean() == pytest.approx(3.5 / WIDTH * DRAWN, abs=1)
    assert rows.mean() == pytest.approx(12.5 / HEIGHT * ROWS, abs=1)
    assert not (drawn(NOTHING, card)[:ROWS] != 128).any()


def test_bars_are_numbered_where_their_names_would_look_alike(card: Card) -> None:
    numbered = drawn(NOTHING, replace(card, action_names=None))
    long = tuple(f"torque of the motor in the arm's joint number {i} (N m)" for i in range(ACTION))
    assert (drawn(NOTHING, replace(card, action_names=long)) == numbered).all()
    assert (drawn(NOTHING, card) != numbered).any()


def test_points_are_in_the_policys_pixels_whatever_the_cameras_are(card: Card) -> None:
    look = replace(NOTHING, points=np.array([[3.0, 12.0], [9.0, 2.0]], np.float32))
    large = GREY.repeat(4, axis=0).repeat(4, axis=1)
    found = np.asarray(overlay(large, look, card, np.ones(ACTION)))
    assert (found == drawn(look, card)).all()


def test_points_lie_in_the_part_of_the_picture_that_the_policy_sees(card: Card) -> None:
    look = replace(NOTHING, points=np.array([[3.0, 12.0]], np.float32))
    tall = GREY.repeat(3, axis=0)  # its upper and its lower third are cut off
    found = np.asarray(overlay(tall, look, card, np.ones(ACTION)))[: 3 * ROWS]
    rows, columns = np.nonzero((found != 128).any(axis=2))
    assert columns.mean() == pytest.approx(3.5 / WIDTH * DRAWN, abs=1)
    assert rows.mean() == pytest.approx((1 + 12.5 / HEIGHT) * ROWS, abs=1)


def test_bars_grow_with_the_action_and_probability(card: Card) -> None:
    def bars(value: float, present: float | None = None) -> int:
        return blue(drawn(Look(np.full(ACTION, value, np.float32), None, present), card))

    assert bars(0.0) < bars(0.3) < bars(0.9)
    assert bars(-0.9) == pytest.approx(bars(0.9), rel=0.05)
    assert bars(0.0, 0.2) < bars(0.0, 0.8)
    assert bars(1.5) == 0  # beyond its scale a bar is red
    for strange in (np.nan, np.inf):
        bars(strange)


def test_long_texts_stay_inside(card: Card) -> None:
    named = replace(
        card, action_names=("a very long name of a joint",) * ACTION, object_of_interest="mug" * 50
    )
    picture = drawn(replace(NOTHING, present=0.5), named, title="tick 1", warning="strange " * 50)
    margins = picture[ROWS:, [*range(10), *range(DRAWN - 10, DRAWN)]]
    assert (margins == margins[0, 0]).all()


def tick(number: int, look: Look = NOTHING) -> Tick:
    return Tick(
        number,
        number / 20,
        0.0,
        pictures(1)[0],
        0.0,
        look,
        0.0,
        0.001,
        0.0,
        0.002,
        0,
        look.action,
        False,
        None,
    )


@pytest.fixture
def view(card: Card) -> Iterator[View]:
    with View(card) as view:
        yield view


def get(view: View, path: str, host: str | None = None) -> tuple[int, str, bytes]:
    connection = HTTPConnection("127.0.0.1", view.port, timeout=60)
    connection.request("GET", path, headers={} if host is None else {"Host": host})
    answer = connection.getresponse()
    return answer.status, answer.headers["Content-Type"], answer.read()


def test_the_page_shows_the_newest_tick(view: View) -> None:
    assert get(view, "/")[0] == 200 and b"/stream" in get(view, "/")[2]
    for number in range(3):
        view.tick(tick(number))
    status, kind, content = get(view, "/frame.jpg")
    assert (status, kind) == (200, "image/jpeg")
    assert Image.open(BytesIO(content)).width == DRAWN
    assert get(view, "/etc/passwd")[0] == 404


def test_the_stream_goes_on_with_new_ticks_and_ends_with_the_view(card: Card) -> None:
    with View(card) as view:
        connection = HTTPConnection("127.0.0.1", view.port, timeout=60)
        connection.request("GET", "/stream")
        view.tick(tick(0))
        answer = connection.getresponse()
        assert answer.headers["Content-Type"].startswith("multipart/x-mixed-replace")
        assert answer.readline() == b"--frame\r\n"
        view.tick(tick(1))
    rest = answer.read()
    assert rest.count(b"Content-Type: image/jpeg") in (1, 2)


def test_a_page_that_goes_away_prints_nothing(view: View, capfd: pytest.CaptureFixture[str]) -> None:
    view.tick(tick(0))
    for path in ("/", "/frame.jpg", "/stream"):
        with socket.create_connection(("127.0.0.1", view.port)) as page:
            page.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # ends with a reset
            page.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost:{view.port}\r\n\r\n".encode())
    get(view, "/")  # those before are accepted by now
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(60)
    assert capfd.readouterr().err == ""


def test_other_sites_do_not_reach_it(view: View) -> None:
    view.tick(tick(0))
    for path in ("/", "/frame.jpg", "/stream"):
        assert get(view, path, "evil.example:80")[0] == 403
    assert get(view, "/frame.jpg", f"localhost:{view.port}")[0] == 200


def test_a_port_that_is_taken_is_named(view: View, card: Card) -> None:
    with pytest.raises(UserError, match=str(view.port)):
        View(card, view.port)


@pytest.mark.parametrize("port", [-1, 70_000])
def test_what_is_no_port_is_named(port: int, card: Card) -> None:
    with pytest.raises(UserError, match="0-65535"):
        View(card, port)


def test_the_stream_waits_for_a_robot_that_is_slow(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ticks come later than a frame is waited for: what was seen last is shown again until there is a new one."""
    with View(card) as view:
        monkeypatch.setattr(view, "jpeg", partial(view.jpeg, timeout_s=0.01))
        connection = HTTPConnection("127.0.0.1", view.port, timeout=60)
        connection.request("GET", "/stream")
        view.tick(tick(0))
        answer = connection.getresponse()
        kinds = [next_frame(answer) for _ in range(3)]
        assert len({*kinds}) == 1
        view.tick(tick(1))
        while next_frame(answer) == kinds[0]:
            pass
    answer.read()


def next_frame(answer: HTTPResponse) -> bytes:
    assert answer.readline() == b"--frame\r\n"
    head = dict(line.split(b": ") for line in iter(answer.readline, b"\r\n"))
    content = answer.read(int(head[b"Content-Length"]))
    assert answer.readline() == b"\r\n"
    return content
