"""Links to files that not everybody may have.

A stored name that begins with `guarded/` is a file of the private storage. What stands in answers
is a link under our own host that holds who was given it and until when, signed. Whoever follows it
is checked again (apps/videos/guarded_files.py).
"""

import hmac
import time
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

PREFIX = "guarded/"
HOUR_S = 3600
LASTS_HOURS = 2  # counted in whole ones, so that a link stays the same for a while
DESK = -1  # an operator's page
SIGNATURE_LETTERS = 32


def url_for(parameters: dict[str, Any]) -> str:
    """What stands before a guarded name in an answer to this statement's viewer."""
    viewer_id = int(parameters.get("viewer_id") or 0)
    return guarded_url(media_url=str(parameters.get("media_url", "")), viewer_id=viewer_id)


def guarded_url(*, media_url: str, viewer_id: int) -> str:
    """The same from the media address, which is ours (then it tells our host) or a bucket's."""
    is_ours = settings.MEDIA_URL.startswith("/") and media_url.endswith(settings.MEDIA_URL)
    host = media_url.removesuffix(settings.MEDIA_URL) if is_ours else settings.PUBLIC_URL
    return f"{host}/{path_for(viewer_id)}"


def path_for(viewer_id: int) -> str:
    """`guarded/<token>/`, to be followed by a name without its own `guarded/`."""
    return f"{PREFIX}{token(viewer_id, int(time.time()) // HOUR_S + LASTS_HOURS)}/"


@lru_cache(maxsize=4096)
def token(viewer_id: int, until_hour: int) -> str:
    claim = f"{viewer_id}.{until_hour}"
    return f"{claim}.{signature(claim)}"


def signature(claim: str) -> str:
    return salted_hmac("guarded", claim, algorithm="sha256").hexdigest()[:SIGNATURE_LETTERS]


def viewer_of(given: str) -> int | None:
    """Whom a token was given to (0: a guest, DESK: operators), None if it is not valid (now)."""
    claim, _, signed = given.rpartition(".")
    viewer, _, until_hour = claim.rpartition(".")
    if not hmac.compare_digest(signature(claim).encode(), signed.encode()):
        return None
    return int(viewer) if int(until_hour) > time.time() // HOUR_S else None
