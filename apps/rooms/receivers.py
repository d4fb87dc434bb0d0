"""Who is blocked by a host leaves the host's room, in the transaction of the block."""

from typing import Any

from django.db.models import F
from django.dispatch import receiver

from apps.rooms import services
from apps.rooms.models import Member
from apps.users import signals


@receiver(signals.blocked)
def part_them(*, blocker: int, blocked: int, **kwargs: Any) -> None:
    pair = (blocker, blocked)
    inside = Member.objects.filter(user__in=pair, room__host__in=pair).exclude(user=F("room__host"))
    for member in inside:
        services.leave(room_id=member.room_id, user_id=member.user_id)
