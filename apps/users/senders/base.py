"""What every sender can do."""

from typing import Protocol


class NotSent(Exception):
    """The code did not leave the house; the message says why, for the operator."""


class Sender(Protocol):
    """Brings a code to an address.

    `makes_codes` is True for a service that makes and checks codes by itself; ours is then not
    used, and `check` is asked what the person typed.
    """

    makes_codes: bool

    def send(self, *, address: str, code: str) -> None:
        """Bring the code. Raises NotSent. May take seconds: call it outside a transaction."""

    def check(self, *, address: str, code: str) -> bool:
        """Whether a service that makes codes has sent this one. Raises NotSent if it is away."""
