"""Making a one-time code and bringing it to its address; a worker does it, not a request.

Because the code is made here, no queue and no answer ever holds it, and a request for an address
that nobody has takes as long as any other.
"""

import logging
import secrets
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.users import senders
from apps.users.models import OneTimeCode, User

logger = logging.getLogger(__name__)
Purpose = OneTimeCode.Purpose
KEPT_FOR = timedelta(days=1)


def code_digest(code: OneTimeCode, digits: str) -> bytes:
    """What is kept of a code. Keyed, since a few digits could be guessed from a plain hash."""
    owner = f"{code.purpose}:{code.address}:{code.user_id}:{digits}"
    return salted_hmac("users.codes", owner, algorithm="sha256").digest()


def deliver(*, code_id: int) -> None:
    """Send the code of that row, unless it was sent, has expired or would reach nobody."""
    now = timezone.now()
    code = OneTimeCode.objects.filter(pk=code_id, sent_at=None, expires_at__gt=now).first()
    if code is None or not has_recipient(code):
        return
    sender = senders.for_address(code.address)
    digits = f"{secrets.randbelow(10**settings.CODE_DIGITS):0{settings.CODE_DIGITS}}"
    digest = b"" if sender.makes_codes else code_digest(code, digits)
    # Before it is sent, so that a quick answer finds it; a second worker finds it taken.
    claimed = OneTimeCode.objects.filter(pk=code.pk, sent_at=None, created_at=code.created_at)
    if not claimed.update(digest=digest, sent_at=now, problem=""):
        return
    try:
        sender.send(address=code.address, code=digits)
    except senders.NotSent as error:
        logger.error("A code was not sent: %s", error)
        OneTimeCode.objects.filter(pk=code.pk).update(problem=str(error)[:200])


def has_recipient(code: OneTimeCode) -> bool:
    """A reset code goes only to an address that belongs to an account."""
    if code.purpose != Purpose.PASSWORD:
        return True
    return User.objects.filter(email__lower=code.address, status=User.Status.ACTIVE).exists()


def forget_old_codes() -> None:
    """Delete codes that neither can be used nor hold a proof any more."""
    OneTimeCode.objects.filter(expires_at__lt=timezone.now() - KEPT_FOR).delete()
