"""Telling people what happened to them.

`notify` writes the inbox rows and, for each phone that wants to know, an outbox row
(models.Push), both in the caller's transaction: what is rolled back was never told, and what is
committed will be, whatever happens to the workers. `apps.notifications.delivery` sends them.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from apps.contract.urls import media_url_without_request
from apps.notifications.models import Notification
from apps.users.models import Follow, User

logger = logging.getLogger(__name__)
Type = Notification.Type
COLLAPSE_WINDOW = "1 day"  # like, unlike, like again: one row and one push in this time
MAX_TEXT = 500
MAX_ID = 2**63 - 1
BELLS_PER_BATCH = 2000
HOUSE = "Clipcast team"


@dataclass(frozen=True, slots=True)
class Kind:
    """How the phones are told: the push's `type` (contract/android/NOTES.md "Push"), the
    receiver's switch, and whether a repeat of the same thing is passed over."""

    push_type: str
    switch: str
    once: bool = False


KINDS = {
    Type.FOLLOWING: Kind("follow", "new_followers", once=True),
    Type.FOLLOW_REQUEST: Kind("follow", "new_followers", once=True),
    Type.VIDEO_LIKE: Kind("video_like", "likes", once=True),
    Type.COMMENT_LIKE: Kind("video_like", "likes", once=True),
    Type.VIDEO_COMMENT: Kind("comment", "comments"),
    Type.COMMENT_TAG: Kind("comment", "mentions"),
    Type.VIDEO_TAG: Kind("video_tag", "mentions", once=True),
    Type.VIDEO_UPDATES: Kind("video_new_post", "video_updates", once=True),
    Type.VIDEO_REPOSTED: Kind("video_reposted", "video_updates", once=True),
    Type.GIFT: Kind("gift", "direct_messages"),
    Type.LIVE: Kind("live", "video_updates", once=True),
    Type.SINGLE: Kind("live", "direct_messages"),
    Type.MULTIPLE: Kind("live", "direct_messages"),
    Type.GROUP_INVITE: Kind("group_invite", "direct_messages", once=True),
    Type.ROOM_INVITE: Kind("room_invite", "direct_messages", once=True),
    Type.SYSTEM: Kind("system", ""),
}
# Android cuts " started following you" off the title to find the name.
TITLE_IS_TEXT = {Type.FOLLOWING, Type.FOLLOW_REQUEST}

TARGETS = """
    SELECT u.id FROM unnest(%(receivers)s::bigint[]) AS r(id)
    JOIN users_user u ON u.id = r.id AND u.status = 'active'
    WHERE r.id <> %(sender_id)s AND NOT EXISTS (
        SELECT FROM users_block b
        WHERE (b.blocker_id = r.id AND b.blocked_id = %(sender_id)s)
           OR (b.blocker_id = %(sender_id)s AND b.blocked_id = r.id))"""
# Of the receivers in `row`, the phones that are signed in and want to hear of it.
PUSHES = """
    INSERT INTO notifications_push
        (device_id, receiver_id, title, body, data, state, attempts, problem)
    SELECT d.id, row.receiver_id, coalesce(nullif(%(title)s, ''), s.username), %(body)s,
        jsonb_build_object(
            'type', %(push_type)s::text, 'sender_id', s.id::text, 'user_id', s.id::text,
            'receiver_id', row.receiver_id::text, 'video_id', %(video_id)s::text,
            'live_streaming_id', %(live_streaming_id)s::text, 'notification_id', row.id::text,
            'image', CASE WHEN s.profile_pic LIKE 'http%%' THEN s.profile_pic
                WHEN s.profile_pic = '' THEN '' ELSE %(media_url)s || s.profile_pic END),
        'pending', 0, ''
    FROM row JOIN users_user s ON s.id = %(sender_id)s
    JOIN users_device d ON d.user_id = row.receiver_id AND d.push_token <> ''
    JOIN users_pushnotificationsetting n ON n.user_id = row.receiver_id
    WHERE {switch} RETURNING 1"""
NOTIFY_SQL = f"""
    WITH target AS ({TARGETS}), row AS (
        INSERT INTO notifications_notification
            (receiver_id, sender_id, type, text, video_id, live_streaming_id, room_id, group_id,
             status, read, collapse_key)
        SELECT t.id, %(sender_id)s, %(type)s, %(text)s, nullif(%(video_id)s, 0),
            %(live_streaming_id)s, %(room_id)s, %(group_id)s, 0, false, %(collapse_key)s
        FROM target t ON CONFLICT DO NOTHING RETURNING id, receiver_id
    ), push AS ({PUSHES})
    SELECT array(SELECT id FROM row), (SELECT count(*) FROM push)"""
MESSAGE_SQL = f"""
    WITH target AS ({TARGETS}), row AS (
        SELECT t.id AS receiver_id, 0 AS id FROM target t
        JOIN users_privacysetting p ON p.user_id = t.id
        WHERE p.direct_message = 'everyone' OR (p.direct_message = 'friend' AND (
            SELECT count(*) FROM users_follow f
            WHERE (f.follower_id = t.id AND f.followed_id = %(sender_id)s)
               OR (f.follower_id = %(sender_id)s AND f.followed_id = t.id)) = 2)
    ), push AS ({PUSHES})
    SELECT array(SELECT receiver_id FROM row), (SELECT count(*) FROM push)"""
FORGET_SQL = f"""
    DELETE FROM notifications_notification
    WHERE receiver_id = ANY(%(receivers)s) AND collapse_key = %(collapse_key)s
        AND created_at < statement_timestamp() - interval '{COLLAPSE_WINDOW}'"""


def notify(
    *,
    receiver_id: int,
    sender_id: int,
    type: str,
    text: str,
    title: str = "",
    video_id: int = 0,
    live_streaming_id: int = 0,
    room_id: int = 0,
    group_id: int = 0,
    collapse_key: str = "",
) -> int | None:
    """Tell one person, in the caller's transaction; the new row's id, or None if none was made.

    None is made for one's own actions, between people of whom one has blocked the other, for
    accounts that are not active, and for repeats (COLLAPSE_WINDOW) of what people do and undo.
    Takes no lock beyond the inserted rows.
    """
    made = notify_many(
        receiver_ids=[receiver_id],
        sender_id=sender_id,
        type=type,
        text=text,
        title=title,
        video_id=video_id,
        live_streaming_id=live_streaming_id,
        room_id=room_id,
        group_id=group_id,
        collapse_key=collapse_key,
    )
    return made[0] if made else None


@transaction.atomic
def notify_many(
    *,
    receiver_ids: Iterable[int],
    sender_id: int,
    type: str,
    text: str,
    title: str = "",
    video_id: int = 0,
    live_streaming_id: int = 0,
    room_id: int = 0,
    group_id: int = 0,
    collapse_key: str = "",
) -> list[int]:
    """The same for several people in one statement; the ids of the rows that were made."""
    kind = KINDS[Type(type)]
    about = (video_id, live_streaming_id, room_id, group_id)
    if kind.once and not collapse_key:
        collapse_key = f"{type}:{sender_id}:" + ":".join(map(str, about))
    parameters: dict[str, Any] = {
        "receivers": list(receiver_ids),
        "type": type,
        "text": text[:MAX_TEXT],
        "room_id": room_id,
        "group_id": group_id,
        "collapse_key": collapse_key,
    } | push_parameters(
        sender_id=sender_id,
        title=text if type in TITLE_IS_TEXT else title,
        body="" if type in TITLE_IS_TEXT else text,
        push_type=kind.push_type,
        video_id=video_id,
        live_streaming_id=live_streaming_id,
    )
    if collapse_key:
        with connection.cursor() as cursor:
            cursor.execute(FORGET_SQL, parameters)
    return write(NOTIFY_SQL, kind.switch, parameters)


def tell(*, receiver_id: int, text: str, video_id: int = 0) -> int | None:
    """Tell somebody what the house has to say: an upload that failed, a decision about a video."""
    return notify(
        receiver_id=receiver_id,
        sender_id=house_account(),
        type=Type.SYSTEM,
        text=text,
        video_id=video_id,
    )


def house_account() -> int:
    """The id of the account that speaks for the house. No person can take a name with a space,
    and nobody can sign in to it."""
    house = User.objects.filter(username=HOUSE).values_list("pk", flat=True).first()
    if house is not None:
        return house
    try:
        with transaction.atomic():
            return User.objects.create_user(HOUSE, is_private=True).pk
    except IntegrityError:  # somebody else was faster
        return User.objects.values_list("pk", flat=True).get(username=HOUSE)


def notify_bells(
    *,
    sender_id: int,
    type: str,
    text: str,
    video_id: int = 0,
    live_streaming_id: int = 0,
) -> int:
    """Tell all followers whose bell is on, newest first; how many were told.

    For a task: it goes through the followers in batches, a transaction each. If it breaks off,
    calling it again tells the rest, since nobody is told of the same thing twice in a day.
    """
    told = 0
    before = MAX_ID
    while batch := bell_batch(sender_id, before):
        told += len(
            notify_many(
                receiver_ids=[follower for _, follower in batch],
                sender_id=sender_id,
                type=type,
                text=text,
                video_id=video_id,
                live_streaming_id=live_streaming_id,
            )
        )
        before = batch[-1][0]
    return told


def bell_batch(sender_id: int, before: int) -> list[tuple[int, int]]:
    """The follow's and the follower's id of the next followers with a bell."""
    bells = Follow.objects.filter(followed=sender_id, bell=True, pk__lt=before)
    return list(bells.order_by("-pk").values_list("pk", "follower_id")[:BELLS_PER_BATCH])


@transaction.atomic
def push_message(*, receiver_ids: Iterable[int], sender_id: int, text: str) -> list[int]:
    """Tell people's phones about a chat message; nothing goes into the inbox.

    Whoever has blocked the sender or takes no messages from them hears nothing. The title is
    always the sender's name, so that nobody speaks as somebody else. Returns who may be written
    to, phone or not.
    """
    parameters: dict[str, Any] = {"receivers": list(receiver_ids)}
    parameters |= push_parameters(
        sender_id=sender_id, title="", body=text[:MAX_TEXT], push_type="message"
    )
    return write(MESSAGE_SQL, "direct_messages", parameters)


def push_parameters(
    *,
    sender_id: int,
    title: str,
    body: str,
    push_type: str,
    video_id: int = 0,
    live_streaming_id: int = 0,
) -> dict[str, Any]:
    return {
        "sender_id": sender_id,
        "title": title[:200],
        "body": body,
        "push_type": push_type,
        "video_id": video_id,
        "live_streaming_id": live_streaming_id,
        "media_url": media_url_without_request(),
    }


def write(sql: str, switch: str, parameters: dict[str, Any]) -> list[int]:
    """Run one of the statements; wakes a worker after the commit if there is something to send."""
    wanted = "false" if settings.PUSH_SENDER == "none" else f"n.{switch}" if switch else "true"
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("{switch}", wanted), parameters)
        ids, pushes = cursor.fetchone()
    if pushes:
        transaction.on_commit(wake_worker, robust=True)
    return ids


def wake_worker() -> None:
    """A hint; the beat looks by itself every few seconds."""
    from apps.notifications.tasks import send_pushes

    send_pushes.apply_async(retry=False)


def mark_read(*, receiver_id: int, notification_id: int | None = None) -> int:
    """Mark one row of the person's inbox as read, or all; how many were unread."""
    rows = Notification.objects.filter(receiver_id=receiver_id, read=False)
    if notification_id is not None:
        rows = rows.filter(pk=notification_id)
    return rows.update(read=True)
