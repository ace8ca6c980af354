"""The page's server over HTTP: what it answers, and all that it refuses."""

import http.client
import io
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gplac.data.labelling import store
from gplac.data.labelling.server import MAX_BODY_BYTES, LabelServer
from gplac.errors import UserError

Reply = tuple[int, dict[str, str], bytes]


def ask(
    server: LabelServer, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Reply:
    """A request; ``path`` is sent as it is, below the token unless it begins with a slash."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    target = path if path.startswith("/") else f"/{server.token}/{path}"
    connection.request("GET" if body is None else "POST", target, body, headers or {})
    reply = connection.getresponse()
    found = reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
    connection.close()
    return found


def call(server: LabelServer, what: str, **body: Any) -> Any:
    status, _, content = ask(server, what, json.dumps(body).encode())
    assert status == 200, content
    return json.loads(content)


def raw(server: LabelServer, request: bytes) -> bytes:
    """All that comes back for some bytes, until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(4096), b""))


def test_answers_undo_and_state(server: LabelServer) -> None:
    out = server.session.labels.folder
    assert call(server, "answer", picture=0, answer="yes") == {"picture": 0, "answer": "yes"}
    assert (out / store.LABELS).read_text() == "path,label\n../photos/a.jpg,1\n"
    call(server, "answer", picture=4, answer="skip")
    assert (out / store.SKIPPED).read_text() == "path\n../photos/room/e.jpg\n"
    call(server, "answer", picture=0, answer="no")
    assert call(server, "undo") == {"picture": 0, "answer": "yes"}
    state = json.loads(ask(server, "state")[2])
    assert state["question"] == "Is there a mug?" and state["labels"] == str(out / "labels.csv")
    assert state["pictures"] == [
        ["a.jpg", "yes"],
        ["b.jpg", None],
        ["c.png", None],
        ["d.tif", None],
        ["room/e.jpg", "skip"],
    ]
    assert call(server, "undo")["picture"] == 4 and call(server, "undo")["picture"] == 0
    assert call(server, "undo") == {"picture": None}


def test_pictures_are_the_files_themselves_where_a_browser_shows_them(server: LabelServer) -> None:
    for number, (media, itself) in enumerate(
        [("image/jpeg", True), ("image/jpeg", True), ("image/png", True)]
    ):
        status, headers, content = ask(server, f"picture/{number}")
        assert (status, headers["content-type"]) == (200, media)
        assert (content == server.session.pictures[number].read_bytes()) is itself
    _, headers, content = ask(server, "picture/3")
    assert headers["content-type"] == "image/jpeg" and Image.open(io.BytesIO(content)).size == (48, 32)
    status, headers, content = ask(server, "small/4")
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(content)).format == "JPEG"


def test_the_page_loads_nothing_from_elsewhere(server: LabelServer) -> None:
    for name, media in (("", "text/html"), ("page.css", "text/css"), ("page.js", "text/javascript")):
        status, headers, content = ask(server, name)
        assert status == 200 and headers["content-type"].startswith(media)
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer" and headers["x-content-type-options"] == "nosniff"
        assert b"http://" not in content and b"https://" not in content


@pytest.mark.parametrize("path", ["/", "/state", "/x/state", "//state", "/%s/state", "/picture/0"])
@pytest.mark.parametrize("body", [None, b'{"picture": 0, "answer": "yes"}'])
def test_without_the_token_nothing_is_told_or_done(
    server: LabelServer, path: str, body: bytes | None
) -> None:
    nearly = server.token[:-1] + ("a" if server.token[-1] != "a" else "b")
    status, _, content = ask(
        server, path.replace("%s", nearly).replace("state", "answer" if body else "state"), body
    )
    assert status == 403 and b"pictures" not in content
    assert server.session.counts()["left"] == 5


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:9000", 200),
        ("LOCALHOST", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example:80", 403),
        ("localhost@evil.example", 403),
        ("", 403),
    ],
)
def test_only_this_machine_by_name(server: LabelServer, host: str, status: int) -> None:
    assert ask(server, "state", headers={"Host": host})[0] == status


def test_two_hosts_or_none_are_refused(server: LabelServer) -> None:
    start = f"GET /{server.token}/state HTTP/1.1\r\n".encode()
    assert b" 403 " in raw(server, start + b"\r\n")
    assert b" 403 " in raw(server, start + b"Host: localhost\r\nHost: evil.example\r\n\r\n")


@pytest.mark.parametrize(
    "path",
    [
        "../../../etc/passwd",
        "..%2f..%2fetc/passwd",
        "picture/../../photos/a.jpg",
        "picture/a.jpg",
        "picture/-1",
        "picture/5",
        "picture/0/",
        "picture/0.0",
        "picture/\u0663".encode().decode("latin-1"),
        "picture/99999999999999999999",
        "picture/",
        "small/5",
        "labels.csv",
        "page.html",
        "server.py",
        "answer",
    ],
)
def test_nothing_but_numbered_pictures_can_be_asked_for(server: LabelServer, path: str) -> None:
    request = f"GET /{server.token}/{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode("latin-1")
    assert raw(server, request).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"picture": 0, "answer": "maybe"}', 400),
        (b'{"picture": 0, "answer": ["yes"]}', 400),
        (b'{"picture": true, "answer": "yes"}', 400),
        (b'{"picture": "0", "answer": "yes"}', 400),
        (b'{"answer": "yes"}', 400),
        (b'{"picture": 5, "answer": "yes"}', 404),
        (b'{"picture": -1, "answer": "yes"}', 404),
        (b"[]", 400),
        (b"\xff{", 400),
        (b"[" * MAX_BODY_BYTES, 400),
        (b" " * (MAX_BODY_BYTES + 1), 413),
    ],
)
def test_requests_that_make_no_sense_change_nothing(server: LabelServer, body: bytes, status: int) -> None:
    found, _, content = ask(server, "answer", body)
    assert found == status and json.loads(content)["error"]
    assert server.session.counts()["left"] == 5
    assert ask(server, "state")[0] == 200


def test_a_request_has_to_say_how_long_it_is_and_is_not_read_beyond_the_limit(server: LabelServer) -> None:
    start = f"POST /{server.token}/answer HTTP/1.1\r\nHost: localhost\r\n".encode()
    assert b" 411 " in raw(server, start + b"\r\n")
    assert b" 411 " in raw(server, start + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert b" 411 " in raw(server, start + b"Content-Length: -1\r\n\r\n")
    # The second request on the connection is part of what the first one claimed to send: it is not answered.
    body = b"Content-Length: 99999999\r\n\r\n" + start + b"Content-Length: 2\r\n\r\n{}"
    reply = raw(server, start + body)
    assert reply.startswith(b"HTTP/1.1 413 ") and reply.count(b"HTTP/1.1") == 1
    assert b" 404 " in raw(server, start.replace(b"answer", b"labels") + b"Content-Length: 2\r\n\r\n{}")
    assert b" 501 " in raw(server, start.replace(b"POST", b"DELETE") + b"\r\n")


def test_a_picture_that_is_gone_and_a_full_disk_are_told(
    server: LabelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.session.pictures[1].unlink()
    for kind in ("picture", "small"):
        status, _, content = ask(server, f"{kind}/1")
        assert status == 500 and json.loads(content)["error"].startswith("b.jpg cannot be shown: not a file")

    def full(path: Path, content: bytes) -> None:
        raise UserError("Cannot write: No space left on device.")

    monkeypatch.setattr(store, "write_atomically", full)
    status, _, content = ask(server, "answer", b'{"picture": 0, "answer": "yes"}')
    assert status == 500 and "No space" in json.loads(content)["error"]
    assert json.loads(ask(server, "state")[2])["pictures"][0] == ["a.jpg", None]


def test_it_listens_on_this_machine_alone_and_tells_of_a_taken_port(server: LabelServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    for port in (server.server_port, 70000):
        with pytest.raises(UserError, match=f"Cannot listen on port {port}"):
            LabelServer(server.session, port)


def test_each_server_has_a_token_of_its_own(server: LabelServer) -> None:
    with LabelServer(server.session) as other:
        assert other.token != server.token and len(other.token) >= 24


def test_finish_ends_it(server: LabelServer) -> None:
    assert call(server, "finish") == {} and server.finished
