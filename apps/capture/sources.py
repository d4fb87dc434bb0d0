"""What a source of live messages is, whichever library or platform stands behind it."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol


class RawMessage(NamedTuple):
    """One message as it came; nothing of it has been decoded."""

    type: str
    payload: bytes
    message_id: int
    """The platform's id; 0 if it gave none."""
    received_us: int
    """Microseconds since 1970, by our clock."""


Deliver = Callable[[list[RawMessage]], Awaitable[None]]


class LiveError(Exception):
    """Why a live can't be captured now. The text is a sentence for people.

    `code` is for programs. `final`: trying again is of no use. `retry_after_s`: not before.
    """

    code = "error"
    final = False

    def __init__(self, sentence: str, *, retry_after_s: float = 0) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class Offline(LiveError):
    code = "offline"
    final = True


class UnknownUser(LiveError):
    code = "unknown_user"
    final = True


class AgeRestricted(LiveError):
    code = "age_restricted"
    final = True


class RateLimited(LiveError):
    code = "rate_limited"


class Blocked(LiveError):
    code = "blocked"


class Captcha(LiveError):
    code = "captcha"


class SignServerDown(LiveError):
    code = "sign_server_down"


class Unreachable(LiveError):
    code = "unreachable"


class ConnectionLost(LiveError):
    """The socket ended otherwise than by a clean close."""

    code = "connection_lost"


class LiveSource(Protocol):
    """One connection to one live. A new object is made for each attempt.

    `deliver` is awaited with each frame's messages before the frame is acknowledged to the
    platform: what was acknowledged is in a safe place. While it waits, the socket is not read.
    """

    @property
    def last_frame_at(self) -> float:
        """`time.monotonic()` of the latest sign of life of any kind."""

    async def connect(self) -> str:
        """Look up the live and open the socket; the room's id. Raises LiveError."""

    async def wait_closed(self) -> None:
        """Until the socket is closed and all it gave is delivered. Raises LiveError."""

    async def close(self) -> None:
        """Close the socket, deliver what it still holds, and free what is held. Never raises."""
