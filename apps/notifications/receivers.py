"""What the inbox listens to, so that nobody needs to know that there is an inbox.

Receivers run in the sender's transaction: the row in the inbox stands or falls with its cause.
"""

from typing import Any

from django.dispatch import receiver

from apps.notifications.models import Notification
from apps.notifications.services import notify
from apps.users import signals

Type = Notification.Type


@receiver(signals.followed)
def tell_of_follower(*, follower: int, followed: int, follower_name: str, **kwargs: Any) -> None:
    notify(
        receiver_id=followed,
        sender_id=follower,
        type=Type.FOLLOWING,
        text=f"{follower_name} started following you",
    )


@receiver(signals.follow_requested)
def tell_of_request(*, follower: int, followed: int, follower_name: str, **kwargs: Any) -> None:
    notify(
        receiver_id=followed,
        sender_id=follower,
        type=Type.FOLLOW_REQUEST,
        text=f"{follower_name} wants to follow you. Follow back to accept.",
    )
