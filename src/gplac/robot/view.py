"""What the policy sees, live in a browser on this machine: pictures over loopback HTTP, drawn beside the loop."""

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any, Self

import numpy as np

from gplac.errors import UserError
from gplac.robot.card import Card
from gplac.robot.overlay import overlay
from gplac.robot.record import Tick

HOST = "127.0.0.1"
FRAMES_PER_S = 10
"""Of the live picture: enough to follow, and little beside the loop."""
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>gplac: what the policy sees</title>
<style>body{margin:0;background:#181c21;color:#e6eaee;font:16px system-ui,sans-serif;text-align:center}
img{max-width:100%;max-height:100vh}</style></head>
<body><img src="/stream" alt="The camera's picture with the policy's feature points; probability and action below it">
</body></html>"""


class View:
    """A page at ``address`` while it is entered; give `tick` to the loop as a listener.

    Args:
        card: of the policy.
        port: of the page; 0: any that is free.

    Raises:
        UserError: the port is taken.
    """

    def __init__(self, card: Card, port: int = 0) -> None:
        self.card = card
        self._scale = np.full(card.action_size, 1e-6)
        if card.familiar is not None:
            low, high = np.abs(card.familiar.action_low), np.abs(card.familiar.action_high)
            self._scale = np.maximum(self._scale, np.maximum(low, high))
        self._tick: Tick | None = None
        self._rate: float | None = None
        self._news = threading.Condition()
        self.closed = False
        """Whether it is over."""
        try:
            self._server = _Server((HOST, port), _handler(self))
        except (OSError, OverflowError) as error:  # the latter of a number that is no port
            reason = error.strerror if isinstance(error, OSError) else error
            raise UserError(f"The view cannot use port {port} ({reason}): name another one.") from error
        self.port: int = self._server.server_address[1]
        self.address = f"http://{HOST}:{self.port}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._news:
            self.closed = True
            self._news.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def tick(self, tick: Tick) -> None:
        """Take the newest tick; drawing happens elsewhere."""
        with self._news:
            if self._tick is not None and tick.time_s > self._tick.time_s:
                rate = 1 / (tick.time_s - self._tick.time_s)
                self._rate = rate if self._rate is None else 0.9 * self._rate + 0.1 * rate
            if self.card.familiar is None:
                self._scale = np.maximum(self._scale, np.nan_to_num(np.abs(tick.look.action)))
            self._tick = tick
            self._news.notify_all()

    def jpeg(self, after: Tick | None = None, timeout_s: float = 5.0) -> tuple[bytes, Tick] | None:
        """The newest tick as a JPEG, once there is one other than ``after``; None if none comes, or at the end."""
        with self._news:
            self._news.wait_for(lambda: self.closed or self._tick is not after, timeout_s)
            tick, rate = self._tick, self._rate
        if tick is None or tick is after or self.closed:
            return None
        title = f"tick {tick.number}   {1e3 * tick.inference_s:.1f} ms" + (
            f"   {rate:.1f} Hz" if rate else ""
        )
        buffer = BytesIO()
        picture = overlay(tick.image, tick.look, self.card, self._scale, title, tick.strange)
        picture.save(buffer, "JPEG", quality=85)
        return buffer.getvalue(), tick


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    """Pages left open must not keep the process alive."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A page that was closed is nothing to tell the user of."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _handler(view: View) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # Another site's page could reach this one under a name of its own.
            if self.headers.get("Host") not in (f"{HOST}:{view.port}", f"localhost:{view.port}"):
                self.send_error(403)
            elif self.path == "/":
                self._answer("text/html; charset=utf-8", _PAGE.encode())
            elif self.path == "/frame.jpg":
                found = view.jpeg()
                if found is None:
                    self.send_error(503)
                else:
                    self._answer("image/jpeg", found[0])
            elif self.path == "/stream":
                self._stream()
            else:
                self.send_error(404)

        def _answer(self, kind: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(content)

        def _stream(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            last: Tick | None = None
            content = b""
            while not view.closed:
                if (found := view.jpeg(last)) is not None:
                    content, last = found
                elif not content:
                    continue
                # Where no tick came for a while the last one is sent again: a page that went away is noticed.
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}\r\n\r\n"
                self.wfile.write(head.encode() + content + b"\r\n")
                time.sleep(1 / FRAMES_PER_S)

        def log_message(self, format: str, *args: Any) -> None:
            """Requests are nobody's business."""

    return Handler
