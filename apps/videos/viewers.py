"""For whom a page is made, and how a request says it."""

import time
import zlib
from dataclasses import dataclass
from secrets import randbits

from django.utils import timezone

from apps.contract.fields import MAX_ID
from apps.users.models import Device

UNKNOWN_ORDER_LASTS_S = 300


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom a page is made: a person, a guest's device, both, or nobody we know (0 and 0)."""

    user_id: int = 0
    device_id: int = 0
    device_key: str = ""  # of a person's phone, whose id the feed's statement finds

    @property
    def is_known(self) -> bool:
        """Whether it can be noted what they were served."""
        return bool(self.user_id or self.device_id)


def viewer_of(*, user_id: int, device: str) -> Viewer:
    """The person (0: a guest) with the phone that `device` names.

    A number is the id that registerDevice gave out; one that was never given out counts as no
    phone. Anything else is a key of the app's own, which a guest's first request registers.
    For a person nothing is asked here.
    """
    number = int(device) if device.isascii() and device.isdecimal() else None
    if device == "" or number == 0 or (number is not None and number > MAX_ID):
        return Viewer(user_id)
    if user_id:
        return Viewer(user_id, number or 0, "" if number else device)
    by = {"pk": number} if number else {"key": device}
    known = Device.objects.filter(**by).values_list("pk", flat=True).first()
    return Viewer(0, known or (0 if number else register_device(device)))


def register_device(key: str) -> int:
    """The id of the device with this key; safe when two requests bring it at once."""
    device = Device(key=key, last_seen_at=timezone.now())
    Device.objects.bulk_create(
        [device], update_conflicts=True, unique_fields=["key"], update_fields=["last_seen_at"]
    )
    return device.pk


def seed_of(viewer: Viewer, *, address: str) -> int:
    """Chance, anew with each request; for unknown viewers the same for a while, so that the
    pages which one of them asks for fit together."""
    if viewer.is_known:
        return randbits(32)
    return zlib.crc32(f"{address} {int(time.time()) // UNKNOWN_ORDER_LASTS_S}".encode())
