"""A policy for robots on other machines, over a websocket: ``gplac robot serve``."""

import hmac
import secrets
import threading
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from gplac.errors import UserError
from gplac.robot.policy import Policy
from gplac.robot.wire import pack, quiet_logger, unpack

LOOPBACK = "127.0.0.1"
MAX_CLIENTS = 4
"""Robots at a time; one more is sent away."""
SLACK_BYTES = 4096
"""What a message may have besides image and state."""
MIN_TOKEN = 16
"""Letters of the shortest token that is taken."""


def new_token() -> str:
    """A token that cannot be guessed."""
    return secrets.token_urlsafe(24)


class PolicyServer:
    """Answers whoever knows the token: the card once, then for each image and state action, points and probability.

    Nothing is encrypted: between machines use an SSH tunnel to the loopback address, or a network of their own.

    Args:
        policy: what answers.
        token: what clients have to know.
        host: address to listen at.
        port: 0: any that is free.

    Raises:
        UserError: a token that is too short, or an address that cannot be listened at.
    """

    def __init__(self, policy: Policy, token: str, host: str = LOOPBACK, port: int = 0) -> None:
        if len(token) < MIN_TOKEN or not token.isascii():
            raise UserError(f"A token has to have at least {MIN_TOKEN} letters or digits.")
        self.policy, self.token = policy, token
        self._expected = f"Bearer {token}".encode()
        self._seats = threading.Semaphore(MAX_CLIENTS)
        card = policy.card
        try:
            self._server = serve(
                self._answer,
                host,
                port,
                process_request=self._admit,
                # Programs only: a page in a browser says where it comes from, and is refused.
                origins=[None],
                compression=None,
                max_size=3 * card.height * card.width + 4 * card.state_size + SLACK_BYTES,
                logger=quiet_logger("gplac.robot.server"),
                server_header=None,
            )
        except (OSError, OverflowError) as error:  # the latter of a number that is no port
            reason = error.strerror if isinstance(error, OSError) else error
            raise UserError(
                f"Cannot listen at {host}:{port} ({reason}): name another --port or --host."
            ) from error
        self.port: int = self._server.socket.getsockname()[1]
        self.url = f"ws://{f'[{host}]' if ':' in host else host}:{self.port}"

    def serve_forever(self) -> None:
        """Answer until `close` is called from another thread."""
        self._server.serve_forever()

    def close(self) -> None:
        """Take no more clients."""
        self._server.shutdown()

    def __enter__(self) -> Self:
        """Serve in a thread of its own."""
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        given = request.headers.get_all("Authorization")
        if len(given) == 1 and hmac.compare_digest(given[0].encode(errors="surrogateescape"), self._expected):
            return None
        return connection.respond(HTTPStatus.UNAUTHORIZED, "The token is missing or wrong.\n")

    def _answer(self, connection: ServerConnection) -> None:
        if not self._seats.acquire(blocking=False):
            connection.close(1013, "There are too many clients.")
            return
        try:
            connection.send(pack({"card": self.policy.card.to_json()}))
            for content in connection:
                connection.send(pack(self._reply(content)))
        except ConnectionClosed:
            pass  # by the other side, or by the limit of a message's size
        finally:
            self._seats.release()

    def _reply(self, content: bytes | str) -> dict[str, Any]:
        number: Any = None
        try:
            message = unpack(content)
            number = message.get("id")
            if set(message) != {"id", "image", "state"} or type(number) is not int:
                raise UserError("A message has to hold id, image and state.")
            look = self.policy.look(message["image"], message["state"])
            return {"id": number, "action": look.action, "points": look.points, "present": look.present}
        except UserError as error:
            return {"id": number if type(number) is int else None, "error": str(error)}
