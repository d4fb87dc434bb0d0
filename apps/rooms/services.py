"""Making audio rooms, coming and going, and who speaks. Each is one transaction.

Locks are taken in one order: the person who moves, then the rooms by id. The app's own roles
travel between phones over Firebase, and each phone reports its own (contract/android,
assignModerator); so everybody may name their own role, and only an appointed moderator, as the
host is, has a say over others.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.contract.answers import Refused
from apps.moderation.models import Report
from apps.moderation.services import reports
from apps.notifications.models import Notification
from apps.notifications.services import notify_many
from apps.rooms import selectors
from apps.rooms.models import AudioRoom, Invitation, Member, Topic
from apps.users.models import User

MAX_MEMBERS = 1000
MAX_INVITED = 50
NO_ROOM = "This room does not exist or has ended."
FULL = "This room is full."
NO_TOPIC = "This topic does not exist."
NOT_INSIDE = "This person is not in the room."
ONLY_MODERATORS = "Only the room's moderators may do this."
Role = Member.Role


@transaction.atomic
def make_room(*, host_id: int, title: str, is_private: bool, topic_id: int | None) -> int:
    """Open a room; its id. The host leaves the room they were in. Raises Refused.

    Locks the host and the room that they leave.
    """
    if topic_id and not Topic.objects.filter(pk=topic_id, is_active=True).exists():
        raise Refused(NO_TOPIC)
    lock_person(host_id)
    leave_other_room(user_id=host_id)
    room = AudioRoom.objects.create(
        host_id=host_id, title=title, is_private=is_private, topic_id=topic_id
    )
    Member.objects.create(room=room, user_id=host_id, role=Role.MODERATOR, appointed=True)
    return room.pk


@transaction.atomic
def join(*, room_id: int, user_id: int) -> None:
    """Come into a room, out of any other; again is fine. A host comes back as moderator.

    Raises Refused. Locks the person and both rooms.
    """
    lock_person(user_id)
    old = Member.objects.filter(user=user_id).first()
    rooms = lock_rooms(room_id, *([old.room_id] if old else []))
    if not selectors.may_enter(room_id=room_id, user_id=user_id):
        raise Refused(NO_ROOM)
    if old and old.room_id == room_id:
        return
    room = rooms[room_id]
    if room.members.count() >= MAX_MEMBERS:
        raise Refused(FULL)
    if old:
        take_out(rooms[old.room_id], user_id)
    hosts = room.host_id == user_id
    role = Role.MODERATOR if hosts else Role.AUDIENCE
    Member.objects.create(room=room, user_id=user_id, role=role, appointed=hosts)
    touch(room)


@transaction.atomic
def leave(*, room_id: int, user_id: int) -> None:
    """Go out of a room; fine for who is not inside. Locks the room.

    Where no moderator is left, the first speaker becomes one; without speakers the room ends.
    """
    room = lock_rooms(room_id).get(room_id)
    if room and room.ended_at is None:
        take_out(room, user_id)


@transaction.atomic
def delete_room(*, room_id: int, user_id: int) -> None:
    """End a room for everybody. Raises Refused unless the caller is its only moderator or an
    appointed one. Locks the room."""
    room, caller = room_and_member(room_id, user_id)
    others = room.members.filter(role=Role.MODERATOR).exclude(pk=caller.pk)
    if not caller.appointed and (caller.role != Role.MODERATOR or others.exists()):
        raise Refused(ONLY_MODERATORS)
    end(room)


@transaction.atomic
def assign_role(*, room_id: int, user_id: int, target_id: int, role: int) -> None:
    """Report one's own role, or as an appointed moderator give one to somebody else.

    Raises Refused. Locks the room.
    """
    room, caller = room_and_member(room_id, user_id)
    target = room.members.filter(user=target_id).first()
    if target is None:
        raise Refused(NOT_INSIDE)
    own = target.pk == caller.pk
    if not own and not (caller.appointed and target_id != room.host_id):
        raise Refused(ONLY_MODERATORS)
    target.appointed = role == Role.MODERATOR and (target.appointed or not own)
    target.role = role
    target.save(update_fields=["role", "appointed"])
    keep_led(room)
    touch(room)


@transaction.atomic
def invite(*, room_id: int, user_id: int, receiver_ids: list[int]) -> None:
    """Ask people into the room that one is in. Raises Refused. Locks the room.

    Whoever has blocked the sender hears nothing and gets no way in.
    """
    room, caller = room_and_member(room_id, user_id)
    if room.is_private and not caller.appointed:
        raise Refused(ONLY_MODERATORS)
    notify_many(
        receiver_ids=receiver_ids,
        sender_id=user_id,
        type=Notification.Type.ROOM_INVITE,
        text=f"You are invited to the room {room.title}",
        room_id=room_id,
    )
    people = User.objects.filter(pk__in=receiver_ids, status=User.Status.ACTIVE)
    people = people.exclude(blocking__blocked=user_id).exclude(blocked_by__blocker=user_id)
    Invitation.objects.bulk_create(
        [Invitation(room=room, user=person) for person in people], ignore_conflicts=True
    )


def report(*, reporter_id: int, room_id: int, reason_id: int | None, description: str) -> None:
    """Complain about a room, with what it looks like now. Raises Refused."""
    room = AudioRoom.objects.filter(pk=room_id).first()
    visible = room and (
        room.ended_at is not None or selectors.may_enter(room_id=room_id, user_id=reporter_id)
    )
    if room is None or not visible:
        raise Refused(NO_ROOM)
    reports.file_report(
        reporter_id=reporter_id,
        kind=Report.Kind.AUDIO_ROOM,
        target_id=room_id,
        accused_id=room.host_id,
        reason_id=reason_id,
        description=description,
        evidence=selectors.evidence(room_id=room_id),
    )


def end_room(*, room_id: int) -> bool:
    """An operator's end of a room; False if it had ended. Locks the room."""
    with transaction.atomic():
        room = lock_rooms(room_id).get(room_id)
        if room is None or room.ended_at is not None:
            return False
        end(room)
        return True


def tidy() -> int:
    """End rooms in which nothing happened for long, and take out people whose account has ended.

    A phone that dies says no goodbye. How many rooms ended or lost somebody. Locks one room at
    a time.
    """
    idle_since = timezone.now() - timedelta(hours=settings.AUDIO_ROOM_IDLE_HOURS)
    idle = AudioRoom.objects.filter(ended_at=None, active_at__lt=idle_since)
    changed = sum(end_room(room_id=room_id) for room_id in idle.values_list("id", flat=True))
    gone = Member.objects.exclude(user__status=User.Status.ACTIVE)
    for room_id, user_id in gone.values_list("room_id", "user_id"):
        leave(room_id=room_id, user_id=user_id)
        changed += 1
    return changed


# --- With the locks held ----------------------------------------------------------------------


def lock_person(user_id: int) -> None:
    User.objects.select_for_update(no_key=True).get(pk=user_id)


def lock_rooms(*room_ids: int) -> dict[int, AudioRoom]:
    rooms = AudioRoom.objects.select_for_update(no_key=True).filter(pk__in=room_ids)
    return {room.pk: room for room in rooms.order_by("pk")}


def room_and_member(room_id: int, user_id: int) -> tuple[AudioRoom, Member]:
    """The open room, locked, and the caller's place in it. Raises Refused for outsiders."""
    room = lock_rooms(room_id).get(room_id)
    member = room.members.filter(user=user_id).first() if room else None
    if room is None or member is None:
        raise Refused(NO_ROOM)
    return room, member


def leave_other_room(*, user_id: int) -> None:
    member = Member.objects.filter(user=user_id).first()
    room = member and lock_rooms(member.room_id).get(member.room_id)
    if room:
        take_out(room, user_id)


def take_out(room: AudioRoom, user_id: int) -> None:
    if room.members.filter(user=user_id).delete()[0]:
        keep_led(room)
        touch(room)


def keep_led(room: AudioRoom) -> None:
    """An open room has an appointed moderator: the oldest moderator, else the oldest speaker."""
    stage = room.members.exclude(role=Role.AUDIENCE).order_by("-appointed", "role", "id")
    leader = stage.first()
    if leader is None:
        end(room)
    elif not leader.appointed:
        leader.role, leader.appointed = Role.MODERATOR, True
        leader.save(update_fields=["role", "appointed"])


def end(room: AudioRoom) -> None:
    room.ended_at = timezone.now()
    room.save(update_fields=["ended_at"])
    room.members.all().delete()
    room.invitations.all().delete()


def touch(room: AudioRoom) -> None:
    AudioRoom.objects.filter(pk=room.pk).update(active_at=timezone.now())
