"""Counts words, emoji and viewers out of events that were stored since the last look.

Events of a session become visible in the order of their ids (apps/capture/channel.py), so "up
to this id" is all that has to be remembered, and nothing is counted twice or left out.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.analytics.models import Progress, ViewerMinute, Word
from apps.analytics.words import emoji_of, words_of
from apps.capture.models import Session

CHUNK = 5_000
SESSIONS_A_RUN = 200
CHUNKS_A_RUN = 40

BEHIND_SQL = """
    SELECT s.id FROM capture_session s
    LEFT JOIN analytics_progress p ON p.session_id = s.id
    WHERE s.last_event_id > coalesce(p.up_to_id, 0)
    ORDER BY s.last_event_at DESC NULLS LAST LIMIT %s
"""
CHATS_SQL = """
    SELECT id, text FROM capture_event
    WHERE session_id = %s AND session_day = %s AND category = 'chat' AND id > %s AND id <= %s
    ORDER BY id LIMIT %s
"""
ADD_WORDS_SQL = """
    INSERT INTO analytics_word (session_id, kind, word, messages)
    SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::int8[])
    ON CONFLICT (session_id, kind, word)
    DO UPDATE SET messages = analytics_word.messages + excluded.messages
"""
# What `viewers` says was an int when it was stored; a text that is not is no number of viewers.
ADD_VIEWERS_SQL = """
    INSERT INTO analytics_viewerminute (session_id, minute, viewers)
    SELECT session_id, date_trunc('minute', happened_at), max((data->>'viewers')::int)
    FROM capture_event
    WHERE session_id = %s AND session_day = %s AND category = 'room_update' AND id > %s
        AND id <= %s AND subtype = 'viewers' AND data->>'viewers' ~ '^[0-9]{1,9}$'
    GROUP BY 1, 2
    ON CONFLICT (session_id, minute)
    DO UPDATE SET viewers = greatest(analytics_viewerminute.viewers, excluded.viewers)
"""


def count_all() -> int:
    """Count what is new in every session, within a bound; how many chunks were counted."""
    with connection.cursor() as cursor:
        cursor.execute(BEHIND_SQL, [SESSIONS_A_RUN])
        behind = [row[0] for row in cursor.fetchall()]
    chunks = 0
    for session_id in behind:
        more = True
        while more and chunks < CHUNKS_A_RUN:
            more = catch_up(session_id)
            chunks += 1
    return chunks


@transaction.atomic
def catch_up(session_id: UUID) -> bool:
    """Count the next chunk of a session's events; whether there may be more.

    Locks the session's row of progress; leaves a session that another process counts.
    """
    Progress.objects.bulk_create([Progress(session_id=session_id)], ignore_conflicts=True)
    progress = Progress.objects.select_for_update(skip_locked=True).filter(pk=session_id).first()
    session = Session.objects.filter(pk=session_id).only("day", "last_event_id").first()
    if progress is None or session is None or session.last_event_id <= progress.up_to_id:
        return False
    with connection.cursor() as cursor:
        key: list[Any] = [session_id, session.day, progress.up_to_id]
        cursor.execute(CHATS_SQL, [*key, session.last_event_id, CHUNK])
        chats = cursor.fetchall()
        more = len(chats) == CHUNK
        up_to = chats[-1][0] if more else session.last_event_id
        add_words(cursor, session_id, (text for _, text in chats))
        cursor.execute(ADD_VIEWERS_SQL, [*key, up_to])
    Progress.objects.filter(pk=session_id).update(up_to_id=up_to)
    return more


def add_words(cursor: Any, session_id: UUID, texts: Iterable[str]) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for text in texts:
        counts.update((Word.Kind.WORD.value, word) for word in words_of(text))
        counts.update((Word.Kind.EMOJI.value, emoji) for emoji in emoji_of(text))
    # In one order everywhere, so that no two transactions wait for each other.
    rows = [(kind, word, number) for (kind, word), number in sorted(counts.items())]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(ADD_WORDS_SQL, [session_id, *columns])


@transaction.atomic
def recount(session_id: UUID) -> None:
    """Forget what was counted of a session, so that it is counted anew.

    Locks the session's row of progress first: who counts meanwhile is waited for, and what they
    counted is forgotten too.
    """
    Progress.objects.bulk_create([Progress(session_id=session_id)], ignore_conflicts=True)
    for model in (Progress, Word, ViewerMinute):
        model.objects.filter(session_id=session_id).delete()
