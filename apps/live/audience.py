"""Coming into a room and leaving it; who may, and the ticket of a room with a price."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from apps.contract.answers import Refused
from apps.live import feed
from apps.live.models import LiveRoom, Viewer
from apps.wallet.models import Transfer

NO_SUCH_ROOM = "This live stream has ended or isn't open to you."
NOT_INSIDE = "Please join the live stream first."
NOT_STARTED = "This live stream has not started yet. Nothing was paid."
FROZEN = "Your wallet is frozen. Please write to the support."
POOR = "You don't have enough coins to watch this live stream."

STANDING_SQL = """
    SELECT r.id AS room_id, r.session_id, r.host_id, r.privacy, r.price_coins, r.status,
        u.id AS user_id, u.username, trim(u.first_name || ' ' || u.last_name) AS nickname,
        coalesce(v.present, false) AS present, coalesce(v.moderator, false) AS moderator,
        coalesce(v.muted, false) AS muted, coalesce(v.kicked, false) AS kicked,
        v.transfer_id IS NOT NULL AS has_ticket,
        EXISTS (SELECT FROM live_publishkey k WHERE k.room_id = r.id AND k.user_id = u.id)
            AS may_publish,
        EXISTS (SELECT FROM users_follow f
            WHERE f.follower_id = u.id AND f.followed_id = r.host_id) AS follows,
        EXISTS (SELECT FROM users_block b
            WHERE (b.blocker_id = r.host_id AND b.blocked_id = u.id)
               OR (b.blocker_id = u.id AND b.blocked_id = r.host_id)) AS blocked
    FROM live_liveroom r JOIN users_user u ON u.id = %s
    LEFT JOIN live_viewer v ON v.room_id = r.id AND v.user_id = u.id
    WHERE r.id = %s AND r.status <> 'ended'
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who somebody is in an open room."""

    room_id: int
    session_id: UUID
    host_id: int
    privacy: str
    price_coins: int
    status: str
    user_id: int
    username: str
    nickname: str
    present: bool
    moderator: bool
    muted: bool
    kicked: bool
    has_ticket: bool
    may_publish: bool
    follows: bool
    blocked: bool

    @property
    def is_host(self) -> bool:
        return self.user_id == self.host_id

    @property
    def is_crew(self) -> bool:
        """Host and co-hosts pay nothing and need no follow."""
        return self.is_host or self.may_publish

    @property
    def may_enter(self) -> bool:
        if self.is_host:
            return True
        if self.blocked or self.kicked:
            return False
        open_to_them = self.privacy == LiveRoom.Privacy.PUBLIC or (
            self.privacy == LiveRoom.Privacy.FOLLOWERS and self.follows
        )
        return open_to_them or self.may_publish

    @property
    def needs_ticket(self) -> bool:
        return self.price_coins > 0 and not self.has_ticket and not self.is_crew

    @property
    def is_inside(self) -> bool:
        return self.is_host or (self.present and self.may_enter and not self.needs_ticket)

    @property
    def may_moderate(self) -> bool:
        return self.is_host or (self.is_inside and self.moderator)


def standing_of(*, room_id: int, user_id: int) -> Standing:
    """Raises Refused unless the room is open and the person may enter it, with or without price."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING_SQL, [user_id, room_id])
        row = cursor.fetchone()
    standing = Standing(*row) if row else None
    if standing is None or not standing.may_enter:
        raise Refused(NO_SUCH_ROOM)
    return standing


def standing_inside(*, room_id: int, user_id: int) -> Standing:
    """The same for what only those inside may do."""
    standing = standing_of(room_id=room_id, user_id=user_id)
    if not standing.is_inside:
        raise Refused(NOT_INSIDE)
    return standing


@transaction.atomic
def enter(*, room_id: int, user_id: int, agreed_coins: int | None) -> None:
    """Come in, and pay the room's price the first time: once per room and person.

    `agreed_coins` is the price that the app showed; the room's own counts, and more than was
    agreed is never taken. Locks the viewer's row, then the payer's accounts. Raises Refused.
    """
    standing = standing_of(room_id=room_id, user_id=user_id)
    if standing.is_host:
        return
    Viewer.objects.bulk_create(
        [Viewer(room_id=room_id, user_id=user_id, present=False)], ignore_conflicts=True
    )
    viewer = Viewer.objects.select_for_update().get(room_id=room_id, user_id=user_id)
    if standing.needs_ticket and viewer.transfer_id is None:
        sell_ticket(viewer, standing, agreed_coins)
    Viewer.objects.filter(pk=viewer.pk).update(present=True, seen_at=Now())
    if not viewer.present:
        tell_room(standing, "room.join", subtype="join", text="joined")


PAY_SQL = "SELECT transfer_id, frozen FROM wallet_pay(%s, %s, %s, %s, %s, %s, %s)"


def sell_ticket(viewer: Viewer, standing: Standing, agreed_coins: int | None) -> None:
    """Needs the viewer's row locked. The ledger's key makes a second payment impossible."""
    price = standing.price_coins
    if standing.status == LiveRoom.Status.CREATED:
        raise Refused(NOT_STARTED)
    if agreed_coins is not None and agreed_coins < price:
        raise Refused(f"This live stream costs {price} coins. Nothing was paid.")
    key, reason = f"ticket:{standing.room_id}:{standing.user_id}", Transfer.Reason.TICKET.value
    people = (standing.user_id, standing.host_id)
    with connection.cursor() as cursor:
        share = settings.GIFT_PLATFORM_SHARE_PERCENT
        cursor.execute(PAY_SQL, [key, reason, viewer.pk, *people, price, share])
        transfer_id, frozen = cursor.fetchone()
    if frozen:
        raise Refused(FROZEN)
    if transfer_id is None:
        raise Refused(POOR)
    Viewer.objects.filter(pk=viewer.pk).update(transfer_id=transfer_id, paid_coins=price)


@transaction.atomic
def leave(*, room_id: int, user_id: int) -> None:
    """Say goodbye; the ticket stays. Nothing happens to who wasn't inside."""
    left = Viewer.objects.filter(room_id=room_id, user_id=user_id, present=True)
    if left.update(present=False):
        room = LiveRoom.objects.filter(pk=room_id).exclude(status=LiveRoom.Status.ENDED).first()
        if room is not None and room.session_id is not None:
            username = Viewer.objects.values_list("user__username", flat=True).get(
                room_id=room_id, user_id=user_id
            )
            feed.happened(
                session_id=room.session_id,
                type="room.leave",
                user_id=user_id,
                username=username,
                subtype="leave",
                text="left",
            )


def tell_room(standing: Standing, type: str, **values: Any) -> int:
    """Something that this person did; the event's message id."""
    return feed.happened(
        session_id=standing.session_id,
        type=type,
        user_id=standing.user_id,
        username=standing.username,
        nickname=standing.nickname,
        **values,
    )
