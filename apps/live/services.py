"""What changes a live room. Each public function is one transaction."""

import logging
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.contract.answers import Refused
from apps.live import feed, readers
from apps.live.locks import only_one
from apps.live.mediamtx import Connection, MediaServer, MediaServerAway, Stream, media_server
from apps.live.models import LiveRoom, PublishKey, co_host_id_of, room_id_of
from apps.users.callers import digest
from apps.users.models import User

logger = logging.getLogger(__name__)
Status, EndReason = LiveRoom.Status, LiveRoom.EndReason
open_rooms = Q(status__in=[Status.CREATED, Status.LIVE, Status.INTERRUPTED])

HANDED_OUT = ["title", "description", "privacy", "price_coins", "opened_at", "interrupted_at"]
SECRET_BYTES = 24  # 32 characters; MediaMTX and encoders take up to 64 in a query
RECONCILER_LOCK = 0x6C697665  # "live", the key of an advisory lock
# Longer without a look at MediaMTX than this, and absent publishers get a whole grace anew.
BLIND_AFTER_S = 15
LAST_LOOK_KEY = "live:last-look"


# --- The host's side ------------------------------------------------------------------------


@transaction.atomic
def open_room(
    *,
    host_id: int,
    room_id: int | None = None,
    title: str = "",
    description: str = "",
    privacy: str | None = None,
    price_coins: int | None = None,
) -> tuple[LiveRoom, str]:
    """The host's open room, new if there is none, and a fresh secret to publish in it.

    A host has one open room at most: asking again hands the same room out, and the secret of
    before is dead. So a phone that crashed goes on in the same room, before its first frame or
    within the grace, and a second device takes over. With `room_id` it must be that room.
    Locks the host's user row, then the room's. Raises Refused.
    """
    host = User.objects.select_for_update(no_key=True).get(pk=host_id)
    refuse_going_live(host)
    room = LiveRoom.objects.select_for_update().filter(open_rooms, host=host).first()
    if room_id is not None and (room is None or room.id != room_id):
        raise Refused("This live stream has ended. Please start a new one.")
    room = room or LiveRoom(host=host)
    change_admission(room, privacy, price_coins)
    room.title, room.description = title or room.title, description or room.description
    room.opened_at = timezone.now()
    if room.status == Status.INTERRUPTED:
        room.interrupted_at = room.opened_at
    if room.pk is None:
        room.save(force_insert=True)
        room.session = feed.begin_session(room=room, host=host)
        room.save(update_fields=["session"])
    else:
        room.save(update_fields=HANDED_OUT)
    return room, new_secret(room=room, user=host)


def change_admission(room: LiveRoom, privacy: str | None, price_coins: int | None) -> None:
    """Who may watch and for how much. Raises Refused once the room has an audience."""
    asked = (privacy or room.privacy, room.price_coins if price_coins is None else price_coins)
    if asked == (room.privacy, room.price_coins):
        return
    if room.status != Status.CREATED:
        raise Refused("End your live stream first to change who may watch it.")
    room.privacy, room.price_coins = asked


def new_secret(*, room: LiveRoom, user: User) -> str:
    """Replace the person's secret in the room; the answer is the only place that shows it."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    key = PublishKey(room=room, user=user, digest=digest(secret), created_at=room.opened_at)
    PublishKey.objects.bulk_create(
        [key],
        update_conflicts=True,
        unique_fields=["room", "user"],
        update_fields=["digest", "created_at"],
    )
    return secret


def refuse_going_live(user: User) -> None:
    """Raise Refused unless the setting GO_LIVE lets this person broadcast."""
    if settings.GO_LIVE == "verified" and not user.verified:
        raise Refused("Only verified accounts may go live.")
    if settings.GO_LIVE == "permission" and not user.has_perm("live.go_live"):
        raise Refused("Your account may not go live yet.")


@transaction.atomic
def end_own_room(*, host_id: int, room_id: int | None) -> int:
    """End the host's room and return its id; ending it again changes nothing.

    Raises Refused if it isn't theirs, or without `room_id` if they have none open.

    MediaMTX refuses the secret from now on; the reconciler closes what is connected.
    """
    which = open_rooms if room_id is None else Q(pk=room_id)
    own_id = LiveRoom.objects.filter(which, host_id=host_id).values_list("pk", flat=True).first()
    if own_id is None:
        raise Refused("You have no such live stream.")
    end_rooms(LiveRoom.objects.filter(pk=own_id), EndReason.HOST)
    return own_id


@transaction.atomic
def end_rooms(rooms: QuerySet[LiveRoom], reason: LiveRoom.EndReason) -> int:
    """End those that are open and delete their secrets; how many that were.

    One conditional UPDATE, which locks these rows. An interrupted room ended when its stream
    stopped. MediaMTX's connections are left to the reconciler.
    """
    ids = list(rooms.filter(open_rooms).values_list("pk", flat=True))
    if not ids:
        return 0
    ended = LiveRoom.objects.filter(open_rooms, pk__in=ids).update(
        ended_at=Coalesce(F("interrupted_at"), timezone.now()),
        status=Status.ENDED,
        end_reason=reason,
        publisher_id="",
        viewers_now=0,
    )
    PublishKey.objects.filter(room__in=ids, room__status=Status.ENDED).delete()
    feed.mirror_rooms()
    return ended


# --- What MediaMTX says ---------------------------------------------------------------------


@transaction.atomic
def publisher_came(*, path: str, publisher_id: str) -> bool:
    """A hint that a stream is online; false if it changed nothing. The reconciler knows better."""
    room = hinted_room(path)
    return room is not None and mirrored(
        LiveRoom.objects.filter(open_rooms, pk=room.pk).update(
            status=Status.LIVE,
            started_at=Coalesce(F("started_at"), timezone.now()),
            interrupted_at=None,
            publisher_id=publisher_id,
        )
    )


@transaction.atomic
def publisher_left(*, path: str, publisher_id: str) -> bool:
    """A hint that this publisher's stream is gone; another one's arrival is not undone."""
    room = hinted_room(path)
    return room is not None and mirrored(
        LiveRoom.objects.filter(pk=room.pk, status=Status.LIVE, publisher_id=publisher_id).update(
            **interrupted(timezone.now())
        )
    )


def mirrored(changed: int) -> bool:
    """Whether rooms changed; their sessions then follow."""
    if changed:
        feed.mirror_rooms()
    return bool(changed)


def hinted_room(path: str) -> LiveRoom | None:
    room_id = room_id_of(path)
    room = LiveRoom.objects.filter(open_rooms, pk=room_id).first() if room_id else None
    return room if room and room.path == path else None


def interrupted(now: datetime) -> dict[str, object]:
    return {
        "status": Status.INTERRUPTED,
        "interrupted_at": now,
        "publisher_id": "",
        "viewers_now": 0,
    }


def reconcile_rooms(server: MediaServer | None = None) -> None:
    """Make the rooms' states what MediaMTX shows, then close what may not be.

    Changes nothing while MediaMTX does not answer: an open room stays as it is. One process at
    a time looks (a PostgreSQL advisory lock of the session); the others return at once.
    """
    server = server or media_server()
    with only_one(RECONCILER_LOCK) as alone:
        if not alone:
            return
        feed.deliver_waiting()
        end_rooms(rooms_to_stop(), EndReason.OPERATOR)
        try:
            streams = server.streams()
            watchers = readers.who_watches(server, streams)
        except MediaServerAway as error:
            outage.begins(error)
            return
        outage.ends()
        for stream in apply_streams(streams, watchers, now=timezone.now()):
            cut_off(server, stream)
        for watcher in readers.unwelcome(watchers):
            kick(server, watcher.connection)


class Outage:
    """Says once, not every three seconds, that the media server is away, and that it is back."""

    def __init__(self) -> None:
        self.lasts = False

    def begins(self, error: MediaServerAway) -> None:
        if not self.lasts:
            logger.warning("MediaMTX does not answer; rooms keep their state: %s", error)
        self.lasts = True

    def ends(self) -> None:
        if self.lasts:
            logger.info("MediaMTX answers again.")
        self.lasts = False


outage = Outage()


@transaction.atomic
def apply_streams(
    streams: list[Stream], watchers: list[readers.Watcher], *, now: datetime
) -> list[Stream]:
    """Bring the open rooms up to date; the streams that belong to none of them.

    A number of statements that does not grow with the rooms.
    """
    forgive_the_blind_time(now)
    end_rooms(rooms_of_the_banned(now), EndReason.BANNED)
    rooms = {room.path: room for room in LiveRoom.objects.filter(open_rooms)}
    online = [stream for stream in streams if stream.path in rooms]
    readers.mark_online([(rooms[s.path].pk, s) for s in online], watchers, now=now)
    online_ids = [rooms[stream.path].pk for stream in online]
    LiveRoom.objects.filter(status=Status.LIVE).exclude(pk__in=online_ids).update(
        **interrupted(now)
    )
    end_rooms(
        LiveRoom.objects.filter(
            status=Status.INTERRUPTED,
            interrupted_at__lt=now - timedelta(seconds=settings.ROOM_GRACE_S),
        ),
        EndReason.GONE,
    )
    end_rooms(
        LiveRoom.objects.filter(
            status=Status.CREATED,
            opened_at__lt=now - timedelta(seconds=settings.ROOM_UNSTARTED_S),
        ),
        EndReason.NOT_STARTED,
    )
    feed.mirror_rooms()
    seats = co_host_seats(streams)
    return [
        s for s in streams if s.path not in rooms and s.path not in seats and room_id_of(s.path)
    ]


def co_host_seats(streams: list[Stream]) -> set[str]:
    """Of the streams, the paths at which a co-host of an open room may publish."""
    asked = {s.path: (room_id_of(s.path), co_host_id_of(s.path)) for s in streams}
    room_ids = {room_id for room_id, user_id in asked.values() if user_id}
    if not room_ids:
        return set()
    keys = PublishKey.objects.filter(room__in=room_ids).select_related("room")
    seats = {key.room.seat_path(key.user_id) for key in keys}
    return seats & asked.keys()


def rooms_to_stop() -> QuerySet[LiveRoom]:
    """Those whose session an operator has ended in the dashboard or by the capture API."""
    return LiveRoom.objects.filter(open_rooms, session__stop_requested_at__isnull=False)


def forgive_the_blind_time(now: datetime) -> None:
    """While nobody could see MediaMTX, nobody could come back: the grace begins again."""
    last_look = cache.get(LAST_LOOK_KEY)
    if last_look is None or now - last_look > timedelta(seconds=BLIND_AFTER_S):
        LiveRoom.objects.filter(status=Status.INTERRUPTED).update(interrupted_at=now)
    cache.set(LAST_LOOK_KEY, now, timeout=None)


def rooms_of_the_banned(now: datetime) -> QuerySet[LiveRoom]:
    banned = Q(host__status=User.Status.BANNED) & (
        Q(host__banned_until=None) | Q(host__banned_until__gt=now)
    )
    return LiveRoom.objects.filter(open_rooms).filter(banned | Q(host__status=User.Status.DELETED))


def cut_off(server: MediaServer, stream: Stream) -> None:
    """Close a stream that no open room has: its publisher first, then who watches."""
    parties = [stream.publisher, *stream.readers]
    for party in parties:
        if party is not None:
            kick(server, party)


def kick(server: MediaServer, party: Connection) -> None:
    try:
        server.kick(party)
    except MediaServerAway as error:
        logger.warning("MediaMTX did not close %s %s: %s", party.kind, party.id, error)
