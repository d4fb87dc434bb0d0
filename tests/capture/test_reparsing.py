"""manage.py reparse: stored messages parsed again, counts built anew."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.capture import normal_form, reparsing
from apps.capture.models import Event, Gift, Minute, Participant, Session
from apps.capture.storing import decode, store
from tests.capture.conftest import OWNER, recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def stored(session) -> Session:
    store([decode(session.pk, message) for message in recorded()], owner=OWNER)
    session.refresh_from_db()
    return session


def everything() -> list:
    """All rows but the gifts' own ids."""
    gifts = Gift.objects.order_by("key").values()
    return [
        list(Session.objects.values()),
        list(Event.objects.order_by("id").values()),
        [{name: value for name, value in gift.items() if name != "id"} for gift in gifts],
        list(Minute.objects.order_by("minute", "category").values()),
        list(Participant.objects.order_by("user_id").values()),
    ]


def run(**options) -> str:
    out = StringIO()
    call_command("reparse", stdout=out, **options)
    return out.getvalue()


def test_the_same_parser_changes_nothing(stored):
    before = everything()
    assert "1598 messages, 0 changed, 0 readable now." in run(session=[stored.pk])
    assert everything() == before


def test_what_an_older_parser_did_not_know_is_known_afterwards(stored):
    right = everything()
    Event.objects.filter(category__in=["chat", "gift"]).update(
        category="other", text="", data={}, user_id=None, parsed=False, parse_error="Old."
    )
    Gift.objects.all().delete()
    Participant.objects.all().delete()
    Session.objects.update(counters={}, gifts=0, diamonds=0, unparsed=9999, likes=0)
    assert "1598 messages" in run(session=[stored.pk])
    assert everything() == right


def test_a_run_that_was_interrupted_goes_on_where_it_was(stored, monkeypatch):
    right = everything()
    Event.objects.update(text="old")
    monkeypatch.setattr(reparsing, "BATCH_EVENTS", 500)

    def stop(so_far):
        if so_far.events >= 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reparsing.reparse(stored, told=stop)
    stored.refresh_from_db()
    assert stored.reparsed_to > 0
    assert reparsing.reparse(stored).events == 598
    assert everything() == right


def test_a_message_that_is_not_readable_any_more_is_kept_raw(stored, monkeypatch):
    monkeypatch.delitem(normal_form.FORMS, "WebcastChatMessage")
    monkeypatch.setattr(normal_form.decoding, "parse", lambda *_: None)
    run(session=[stored.pk])
    stored.refresh_from_db()
    assert (stored.total, stored.unparsed, stored.gifts) == (1598, 1598, 0)
    assert not Gift.objects.exists()


def test_sessions_are_chosen_by_when_they_began(stored):
    begun = stored.created_at
    assert run(since=(begun + timedelta(minutes=1)).isoformat()).startswith("0 messages")
    assert run(until=begun.isoformat()).startswith("0 messages")
    assert "1598 messages" in run(since=begun.isoformat())
    Session.objects.update(events_dropped_at=begun)
    assert run(all=True).startswith("0 messages")


def test_something_has_to_be_chosen():
    with pytest.raises(CommandError, match="Say which"):
        run()
