"""Broadcasting together: invitations, and the own secret and stream of each co-host."""

import logging
from functools import partial

from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.contract.answers import Refused
from apps.live.audience import standing_of, tell_room
from apps.live.models import LiveRoom, Viewer
from apps.live.services import new_secret, open_rooms, refuse_going_live
from apps.notifications.models import Notification
from apps.notifications.services import notify_bells, notify_many
from apps.users.models import User

logger = logging.getLogger(__name__)
MAX_INVITED = 50
NO_ROOM = "You are not live now."
NO_INVITATION = "There is no such invitation."
ENDED = "This live stream has ended."
INVITATION_TYPES = [Notification.Type.SINGLE, Notification.Type.MULTIPLE]
Status = Notification.Status


@transaction.atomic
def invite(*, host_id: int, room_id: int, user_ids: list[int], type: str) -> list[int]:
    """Invite people to broadcast in one's own open room; the invitations that were made.

    An invitation that isn't answered yet is not repeated. Raises Refused. Locks nothing.
    """
    room = LiveRoom.objects.filter(open_rooms, pk=room_id, host_id=host_id).first()
    if room is None:
        raise Refused(NO_ROOM)
    asked = Notification.objects.filter(
        receiver__in=user_ids,
        sender_id=host_id,
        type__in=INVITATION_TYPES,
        live_streaming_id=room_id,
        status=Status.PENDING,
    ).values_list("receiver_id", flat=True)
    return notify_many(
        receiver_ids=set(user_ids) - set(asked),
        sender_id=host_id,
        type=type,
        text="You have been invited to a live stream",
        live_streaming_id=room_id,
    )


@transaction.atomic
def answer_invitation(
    *, user_id: int, notification_id: int, accepted: bool
) -> tuple[LiveRoom, str] | None:
    """Accept or decline; who accepts gets the room and a secret for a stream of their own.

    Accepting again hands out a fresh secret, as for the host. Raises Refused for an invitation
    of somebody else, a room that has ended, or a person who may not go live or was thrown out.
    Locks the invitation's row, then the room's.
    """
    invitation = (
        Notification.objects.select_for_update(of=("self",))
        .filter(pk=notification_id, receiver_id=user_id, type__in=INVITATION_TYPES)
        .first()
    )
    if invitation is None:
        raise Refused(NO_INVITATION)
    status = Status.ACCEPTED if accepted else Status.REJECTED
    if invitation.status == Status.REJECTED and accepted:
        raise Refused(NO_INVITATION)
    Notification.objects.filter(pk=invitation.pk).update(status=status)
    return join(invitation, user_id) if accepted else None


def join(invitation: Notification, user_id: int) -> tuple[LiveRoom, str]:
    room = (
        LiveRoom.objects.select_for_update()
        .filter(open_rooms, pk=invitation.live_streaming_id, host_id=invitation.sender_id)
        .first()
    )
    if room is None:
        raise Refused(ENDED)
    user = User.objects.get(pk=user_id)
    refuse_going_live(user)
    if Viewer.objects.filter(room=room, user=user, kicked=True).exists():
        raise Refused(NO_INVITATION)
    room.opened_at = timezone.now()
    secret = new_secret(room=room, user=user)
    Viewer.objects.update_or_create(room=room, user=user, defaults={"present": True})
    standing = standing_of(room_id=room.pk, user_id=user_id)
    tell_room(standing, "room.cohost", subtype="accept", text="joined as co-host")
    return room, secret


@transaction.atomic
def announce(*, host_id: int) -> bool:
    """Have those who follow with the bell on told that the host is live; once per room.

    Nobody is told of a private room. Raises Refused without an open room. One conditional
    UPDATE, which locks the room's row; the telling is a task.
    """
    room = LiveRoom.objects.filter(open_rooms, host_id=host_id).first()
    if room is None:
        raise Refused(NO_ROOM)
    if room.privacy == LiveRoom.Privacy.PRIVATE:
        return False
    first = LiveRoom.objects.filter(pk=room.pk, announced_at=None).update(
        announced_at=timezone.now()
    )
    if first:
        transaction.on_commit(partial(enqueue_telling, room.pk))
    return bool(first)


def enqueue_telling(room_id: int) -> None:
    from apps.live.tasks import tell_followers

    try:
        tell_followers.delay(room_id)
    except OperationalError:
        logger.warning("The queue is away; the followers of room %s are told later.", room_id)
        LiveRoom.objects.filter(pk=room_id).update(announced_at=None)


def tell_followers(*, room_id: int) -> int:
    """Tell the followers of an open room's host, in batches; how many were told."""
    room = LiveRoom.objects.filter(open_rooms, pk=room_id).select_related("host").first()
    if room is None:
        return 0
    return notify_bells(
        sender_id=room.host_id,
        type=Notification.Type.LIVE,
        text=f"{room.host.username} is live now",
        live_streaming_id=room.pk,
    )
