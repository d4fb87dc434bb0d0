"""What people say and do inside a room, and how its host keeps order."""

import re

from django.conf import settings
from django.db import transaction

from apps.contract.answers import Refused
from apps.live import feed
from apps.live.audience import Standing, standing_inside, tell_room
from apps.live.models import LiveRoom, PublishKey, Viewer

MUTED = "You can't comment in this live stream."
BAD_WORDS = "Please say it in other words."
NOT_A_MODERATOR = "Only the host and moderators may do this."
ONLY_THE_HOST = "Only the host may do this."
NO_SUCH_VIEWER = "This person is not in the live stream."
NO_SUCH_COMMENT = "There is no such comment."
MAX_LIKES = 100

ACTIONS = {
    "mute": {"muted": True},
    "unmute": {"muted": False},
    "kick": {"kicked": True, "present": False, "moderator": False},
    "unkick": {"kicked": False},
    "moderator": {"moderator": True},
    "unmoderator": {"moderator": False},
}
HOST_ACTIONS = {"moderator", "unmoderator"}


@transaction.atomic
def comment(*, room_id: int, user_id: int, text: str) -> int:
    """Say something in a room; the comment's id. Raises Refused."""
    standing = standing_inside(room_id=room_id, user_id=user_id)
    if standing.muted:
        raise Refused(MUTED)
    if has_blocked_word(text):
        raise Refused(BAD_WORDS)
    return tell_room(standing, feed.COMMENT, text=text)


def has_blocked_word(text: str) -> bool:
    """Whether a whole word of the text stands in the setting ROOM_BLOCKED_WORDS."""
    blocked = {word.casefold() for word in settings.ROOM_BLOCKED_WORDS}
    return not blocked.isdisjoint(re.findall(r"\w+", text.casefold()))


@transaction.atomic
def like(*, room_id: int, user_id: int, count: int) -> None:
    """`count` taps on the heart, summed by the app. Raises Refused."""
    standing = standing_inside(room_id=room_id, user_id=user_id)
    tell_room(standing, "room.like", text="liked", likes=count, data={"count": count})


@transaction.atomic
def share(*, room_id: int, user_id: int) -> None:
    """The person passed the room's address on. Raises Refused."""
    standing = standing_inside(room_id=room_id, user_id=user_id)
    tell_room(standing, "room.share", subtype="share", text="shared")


@transaction.atomic
def pin_comment(*, room_id: int, user_id: int, comment_id: int | None) -> None:
    """Show one comment to everybody, or none. Raises Refused. Locks the room's row."""
    standing = moderating(room_id, user_id)
    room = LiveRoom.objects.select_related("session").get(pk=room_id)
    pinned = None
    if comment_id is not None and room.session is not None:
        pinned = feed.find_comment(session=room.session, comment_id=comment_id)
        if pinned is None:
            raise Refused(NO_SUCH_COMMENT)
    LiveRoom.objects.filter(pk=room_id).update(pinned=pinned)
    tell_room(
        standing,
        "room.pin",
        subtype="pin" if pinned else "unpin",
        text=pinned["comment"] if pinned else "",
        data={"pinned": pinned},
    )


@transaction.atomic
def moderate(*, room_id: int, user_id: int, target_id: int, action: str) -> None:
    """Mute or throw out a viewer, or make them a moderator (ACTIONS).

    Moderators have no power over the host, co-hosts and each other. Somebody thrown out loses
    the right to publish too; their media is closed by the reconciler. Raises Refused. Locks the
    viewer's row.
    """
    standing = moderating(room_id, user_id)
    target = (
        Viewer.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(room_id=room_id, user_id=target_id)
        .first()
    )
    if target is None or target_id == standing.host_id:
        raise Refused(NO_SUCH_VIEWER)
    keys = PublishKey.objects.filter(room_id=room_id, user_id=target_id)
    if not standing.is_host and (action in HOST_ACTIONS or target.moderator or keys.exists()):
        raise Refused(ONLY_THE_HOST)
    Viewer.objects.filter(pk=target.pk).update(**ACTIONS[action])
    if action == "kick":
        keys.delete()
    person = {"target_id": target_id, "target": target.user.username}
    tell_room(standing, "room.moderate", subtype=action, data=person)


def moderating(room_id: int, user_id: int) -> Standing:
    standing = standing_inside(room_id=room_id, user_id=user_id)
    if not standing.may_moderate:
        raise Refused(NOT_A_MODERATOR)
    return standing
