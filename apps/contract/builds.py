"""Which build of the app is asking, where the two can't parse one answer.

Both send the same fields. What differs is the User-Agent that iOS' own network library writes.
"""

from django.http import HttpRequest

APPLE_MARKS = ("CFNetwork/", "Darwin/")


def is_apple(request: HttpRequest) -> bool:
    """Whether the iOS app is asking; anything else gets what Android and the contract read."""
    agent = request.headers.get("User-Agent", "")
    return any(mark in agent for mark in APPLE_MARKS)
