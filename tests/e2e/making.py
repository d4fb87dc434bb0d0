"""A live with something of everything, as the pages show it."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from apps.analytics import counting
from apps.capture import rollups
from apps.capture.models import Gap, Gift, Session
from tests.capture_edge.making import make_event, make_session


def make_rich_session(username: str = "star", *, minutes: int = 6, **fields) -> Session:
    begun = timezone.now() - timedelta(minutes=minutes)
    session = make_session(username, started_at=begun, diamonds=40, peak_viewers=90, **fields)
    for minute in range(minutes):
        at = begun + timedelta(minutes=minute)
        ada = {"user_id": 1, "unique_id": "ada", "nickname": "Ada", "happened_at": at}
        make_event(session, "what a lovely tulip 🔥", **ada)
        make_event(session, "5 likes", category="like", data={"count": 5}, **ada)
        make_event(
            session,
            category="room_update",
            subtype="viewers",
            data={"viewers": 50 + 8 * minute},
            happened_at=at,
        )
    Gift.objects.create(
        session=session,
        key="rose",
        user_id=1,
        unique_id="ada",
        nickname="Ada",
        gift_id=5655,
        name="Rose",
        count=4,
        diamonds_each=10,
        closed=True,
        first_at=begun + timedelta(minutes=1),
        last_at=begun + timedelta(minutes=1),
    )
    Gap.objects.create(
        session=session,
        from_at=begun + timedelta(minutes=2),
        to_at=begun + timedelta(minutes=3),
        cause="connection_lost",
        detail="The connection was lost.",
    )
    Session.objects.filter(pk=session.pk).update(counters={"chat": minutes, "like": minutes})
    with connection.cursor() as cursor:
        rollups.rebuild(cursor, session.pk, session.day)
    counting.count_all()
    session.refresh_from_db()
    return session
