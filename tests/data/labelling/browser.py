"""A headless Chromium, driven through its DevTools protocol."""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PATIENCE_S = 60


def chromium() -> str | None:
    """The program, where there is one."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Tab:
    """One page. Whatever the page throws, or its content policy refuses, fails the next call."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection, self._number, self._session = connection, 0, ""
        self.complaints: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for room in ("Page", "Runtime", "Log"):
            self.call(f"{room}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol; returns its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._connection.send(json.dumps(message | ({"sessionId": self._session} if self._session else {})))
        while True:
            reply = json.loads(self._connection.recv(timeout=PATIENCE_S))
            if reply.get("method") == "Runtime.exceptionThrown":
                self.complaints.append(str(reply["params"]["exceptionDetails"]))
            if reply.get("method") == "Log.entryAdded" and reply["params"]["entry"]["level"] == "error":
                self.complaints.append(reply["params"]["entry"]["text"])
            if reply.get("id") == self._number:
                assert "error" not in reply, reply
                return reply["result"]

    def value(self, expression: str) -> Any:
        """What an expression of the page is, awaited if it is a promise."""
        found = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Until an expression of the page is true; looks before each frame that the browser draws."""
        true = self.value(
            f"""new Promise((resolve) => {{
                const end = performance.now() + {PATIENCE_S * 500};
                const look = () => {{
                    let good = false;
                    try {{ good = Boolean({condition}); }} catch {{}}
                    if (good || performance.now() > end) resolve(good); else setTimeout(look, 5);
                }};
                look();
            }})"""
        )
        assert true, f"never: {condition}\n{self.value('document.body.innerText')}"

    def open(self, url: str) -> None:
        """Go to an address."""
        self.call("Page.navigate", url=url)
        self.wait_for(f"document.readyState === 'complete' && location.href === {json.dumps(url)}")

    def press(self, key: str, **more: Any) -> None:
        """Press and release a key, named as in KeyboardEvent.key."""
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        self.value(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'nearest'}})")
        box = self.value(f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().toJSON()")
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def resize(self, width: int, height: int, dark: bool = False) -> None:
        """The size of the page, and its theme."""
        touch = width < 640
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        theme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[theme])

    def screenshot(self, path: Path) -> None:
        """What is seen now, as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextmanager
def browsing(program: str, profile: Path) -> Iterator[Tab]:
    """A tab of a fresh browser, which ends with the context."""
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--remote-debugging-port=0",
    ]
    process = subprocess.Popen(
        [program, *options, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + PATIENCE_S
        lines: list[str] = []
        while len(lines) < 2:
            assert process.poll() is None and time.monotonic() < end, "Chromium does not start"
            time.sleep(0.01)
            with suppress(FileNotFoundError):
                lines = (profile / "DevToolsActivePort").read_text().splitlines()
        with connect(f"ws://127.0.0.1:{lines[0]}{lines[1]}", max_size=None, proxy=None) as connection:
            yield Tab(connection)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
