"""Who is blocked by a host leaves the host's room, in the transaction of the block."""

from typing import Any

from django.dispatch import receiver

from apps.rooms import services
from apps.rooms.models import Member
from apps.users import signals


@receiver(signals.blocked)
def part_them(*, blocker: int, blocked: int, **kwargs: Any) -> None:
    for host_id, guest_id in ((blocker, blocked), (blocked, blocker)):
        inside = Member.objects.filter(user=guest_id, room__host=host_id).first()
        if inside:
            services.leave(room_id=inside.room_id, user_id=guest_id)
