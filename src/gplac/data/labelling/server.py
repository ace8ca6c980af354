"""The page's server: this machine alone can reach it, and of its programs only those that know the address.

Whoever asks needs the random token in the address, and has to have asked for this machine by name: a page from
elsewhere knows no token, and one whose name was made to point here (DNS rebinding) sends its own name as ``Host``.
Pictures are asked for by number, so that no request can name a file.
"""

import hmac
import json
import re
import secrets
import shutil
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gplac.data.labelling.pictures import shown, small
from gplac.data.labelling.session import Session
from gplac.data.labelling.store import ANSWERS, LABELS
from gplac.errors import UserError

ADDRESS = "127.0.0.1"
HOSTS = frozenset({ADDRESS, "localhost"})
"""Names that a request may ask for, with any port: a tunnel's end may have another one."""
MAX_BODY_BYTES = 1024
IDLE_S = 60
"""A connection that says nothing for so long is closed."""
PAGE = {
    "": ("page.html", "text/html"),
    "page.css": ("page.css", "text/css"),
    "page.js": ("page.js", "text/javascript"),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class RefusedError(Exception):
    """A request that is not answered: with which status, and why."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class LabelServer(ThreadingHTTPServer):
    """Serves one session until ``serve_forever`` is left: by the page's "finish" (``finished`` is set) or Ctrl-C.

    Raises:
        UserError: the port is taken.
    """

    daemon_threads = True

    def __init__(self, session: Session, port: int = 0) -> None:
        self.session = session
        self.token = secrets.token_urlsafe(18)
        self.writing = threading.Lock()
        self.finished = False
        self._index = {picture: index for index, picture in enumerate(session.pictures)}
        try:
            super().__init__((ADDRESS, port), _Handler)
        except (OSError, OverflowError) as error:
            raise UserError(
                f"Cannot listen on port {port} of {ADDRESS}: {error}. Leave --port out, or name a free one."
            ) from error

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{ADDRESS}:{self.server_port}/{self.token}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle of a picture is nothing to tell the user of."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    def state(self) -> dict[str, Any]:
        """Everything that the page shows."""
        session = self.session
        with self.writing:
            return {
                "question": session.question,
                "labels": str(session.labels.folder / LABELS),
                "pictures": [[session.name(path), session.labels.get(path)] for path in session.pictures],
                "unreadable": session.unreadable,
            }

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Note {"picture": number, "answer": one of ANSWERS}."""
        number, answer = request.get("picture"), request.get("answer")
        if answer not in ANSWERS or type(number) is not int:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "Needs a picture's number and an answer.")
        with self.writing:
            self.session.labels.answer(self.picture(number), answer)
        return {"picture": number, "answer": answer}

    def undo(self, request: dict[str, Any]) -> dict[str, Any]:
        """Take back the last answer, if there is one: its picture is None otherwise."""
        with self.writing:
            picture = self.session.labels.undo()
            if picture is None:
                return {"picture": None}
            return {"picture": self._index[picture], "answer": self.session.labels.get(picture)}

    def finish(self, request: dict[str, Any]) -> dict[str, Any]:
        """Leave ``serve_forever``, once this request is answered."""
        self.finished = True
        return {}

    def picture(self, number: int) -> Path:
        """The picture of a number."""
        if not 0 <= number < len(self.session.pictures):
            raise RefusedError(HTTPStatus.NOT_FOUND, "There is no such picture.")
        return self.session.pictures[number]


class _Handler(BaseHTTPRequestHandler):
    server: LabelServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "gplac", ""
    timeout = IDLE_S

    def do_GET(self) -> None:
        self._guarded(self._get)

    def do_POST(self) -> None:
        self._guarded(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests are not the user's business."""

    def _guarded(self, method: Any) -> None:
        try:
            method(self._allowed())
        except RefusedError as refused:
            # What else the connection holds is not read.
            self.close_connection = True
            self._send(refused.status, "application/json", json.dumps({"error": refused.reason}).encode())
        except UserError as error:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            self._send(status, "application/json", json.dumps({"error": str(error)}).encode())

    def _allowed(self) -> str:
        """What is asked for, below the token."""
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or re.sub(r":\d*$", "", hosts[0]).lower() not in HOSTS:
            raise RefusedError(HTTPStatus.FORBIDDEN, "This page is for the machine that it runs on.")
        root, slash, rest = urlsplit(self.path).path.removeprefix("/").partition("/")
        if not hmac.compare_digest(root.encode(), self.server.token.encode()):
            raise RefusedError(HTTPStatus.FORBIDDEN, "Open the address that gplac label printed last.")
        if not slash:
            raise RefusedError(
                HTTPStatus.NOT_FOUND, "The address that gplac label printed ends with a slash."
            )
        return rest

    def _get(self, what: str) -> None:
        kind, _, number = what.partition("/")
        if what in PAGE:
            name, media = PAGE[what]
            page = (files("gplac.data.labelling") / name).read_bytes()
            self._send(HTTPStatus.OK, f"{media}; charset=utf-8", page)
        elif what == "state":
            self._send(HTTPStatus.OK, "application/json", json.dumps(self.server.state()).encode())
        elif kind in ("picture", "small") and re.fullmatch(r"[0-9]{1,9}", number):
            picture = self.server.picture(int(number))
            media, content = ("image/jpeg", small(picture)) if kind == "small" else shown(picture)
            if content is None:
                self._send_file(media, picture)
            else:
                self._send(HTTPStatus.OK, media, content, keep=True)
        else:
            raise RefusedError(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def _post(self, what: str) -> None:
        calls = {"answer": self.server.answer, "undo": self.server.undo, "finish": self.server.finish}
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not re.fullmatch(r"[0-9]{1,18}", length):
            raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "The length of the request is missing.")
        if int(length) > MAX_BODY_BYTES:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large.")
        if what not in calls:
            raise RefusedError(HTTPStatus.NOT_FOUND, "There is nothing here.")
        try:
            request = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            request = None
        if not isinstance(request, dict):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "The request is not a JSON object.")
        self._send(HTTPStatus.OK, "application/json", json.dumps(calls[what](request)).encode())
        # Only now: whoever waits for the end may end this process, and the answer with it.
        if self.server.finished:
            self.server.shutdown()

    def _send_file(self, media: str, path: Path) -> None:
        try:
            file = path.open("rb")
        except OSError as error:
            raise UserError(f"{path.name} cannot be read: {error.strerror}.") from error
        with file:
            length = file.seek(0, 2)
            file.seek(0)
            self._head(HTTPStatus.OK, media, length, keep=True)
            shutil.copyfileobj(file, self.wfile)

    def _send(self, status: HTTPStatus, media: str, content: bytes, keep: bool = False) -> None:
        self._head(status, media, len(content), keep)
        self.wfile.write(content)

    def _head(self, status: HTTPStatus, media: str, length: int, keep: bool) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(length))
        self.send_header("Cache-Control", "private, max-age=3600" if keep else "no-store")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
