"""How many one-time codes may be sent and guessed. Counted in Valkey.

With four digits, ten codes and twenty wrong tries a day leave a guesser one chance in 500 a day
for an address; with six, one in 50,000.
"""

from django.conf import settings
from limits import RateLimitItem, parse_many
from limits.errors import StorageError

from apps.contract.answers import Refused, TooFast
from apps.contract.throttle import limiter

PER_ADDRESS = parse_many("5/hour; 10/day")
PER_IP = parse_many("20/hour; 60/day")
WRONG_PER_ADDRESS = parse_many("20/day")
TOO_MANY_CODES = "Too many codes were asked for. Please try again later."
TOO_MANY_TRIES = "Too many wrong codes. Please try again tomorrow."
UNCOUNTED = "Codes can't be used at the moment. Please try again later."

Budget = tuple[RateLimitItem, tuple[str, ...]]


def spend_on_code(*, address: str, ip: str) -> None:
    """Count a code for its address, its asker and everyone. Raises TooFast past a budget."""
    per_day = parse_many(f"{settings.CODES_PER_DAY}/day")
    budgets: list[Budget] = [
        *((item, ("code", "to", address)) for item in PER_ADDRESS),
        *((item, ("code", "ip", ip)) for item in PER_IP),
        *((item, ("code", "all")) for item in per_day),
    ]
    for item, keys in budgets:
        if not counted(item, keys):
            raise TooFast(TOO_MANY_CODES)


def refuse_guessers(*, address: str) -> None:
    """Raises TooFast when too many wrong codes were tried for the address today."""
    if not settings.THROTTLE_ENABLED:
        return
    try:
        left = all(limiter().test(item, "wrong code", address) for item in WRONG_PER_ADDRESS)
    except StorageError as error:
        raise Refused(UNCOUNTED) from error
    if not left:
        raise TooFast(TOO_MANY_TRIES)


def count_wrong_code(*, address: str) -> None:
    for item in WRONG_PER_ADDRESS:
        counted(item, ("wrong code", address))


def counted(item: RateLimitItem, keys: tuple[str, ...]) -> bool:
    """Count one; False past the limit. Uncounted codes cost money and are guessed, so while
    Valkey is away it raises Refused instead of letting them pass."""
    if not settings.THROTTLE_ENABLED:
        return True
    try:
        return limiter().hit(item, *keys)
    except StorageError as error:
        raise Refused(UNCOUNTED) from error
