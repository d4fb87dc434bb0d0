"""What the role of docs/operators/database-roles.md may do, and what not."""

import os
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client

from apps.capture import partitions, tasks
from apps.capture.models import Event, Session, Streamer
from apps.capture.storing import decode, store
from apps.gifts.models import Gift
from apps.users.models import User
from apps.wallet import ledger
from apps.wallet.models import AuditRun
from apps.wallet.tasks import audit_ledger
from tests.books import broken_rules, earn, give_bought
from tests.capture.conftest import OWNER, recorded
from tests.cast import Person, Phone, make_person
from tests.videos.scenes import post


@pytest.fixture(autouse=True)
def as_app(_clean_slate: None) -> None:
    """All that a test does from here on, it does as clipcast_app. Rolled back with the test.

    Roles belong to the whole server, which other tests use too: hence names of our own.
    """
    sql = (settings.BASE_DIR / "scripts" / "roles.sql").read_text()
    own = f"clipcast_test_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("clipcast_", f"{own}_").replace("%", "%%"), ())
        cursor.execute(f"SET LOCAL ROLE {own}_app")


def one(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_it_is_that_role_and_no_superuser() -> None:
    assert one("SELECT current_user").endswith("_app")
    assert one("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False


def test_people_sign_up_follow_watch_and_talk(phone: Phone) -> None:
    ada, bob = make_person("ada"), make_person("bob")
    video = post(ada)
    answer = phone.call("followUser", {"receiver_id": ada.id}, by=bob)
    assert answer["code"] == 200, answer
    for endpoint, values in (
        ("showRelatedVideos", {"starting_point": 0}),
        ("likeVideo", {"video_id": video.pk}),
        ("postCommentOnVideo", {"video_id": video.pk, "comment": "Hello"}),
        ("showVideoComments", {"video_id": video.pk}),
        ("showUserDetail", {}),
    ):
        answer = phone.call(endpoint, values, by=bob)
        assert answer["code"] == 200, (endpoint, answer)


def test_gifts_move_coins_and_the_books_are_proved(
    phone: Phone, owner: Person, friend: Person
) -> None:
    give_bought(owner.user, 100)
    earn(friend.user, 5)
    rose = Gift.objects.create(title="Rose", coin=10, image="gifts/rose.png")
    answer = phone.call("sendGift", {"receiver_id": friend.id, "gift_id": rose.id}, by=owner)
    assert answer["code"] == 200, answer
    ledger.settle_all()
    assert ledger.total(friend.id) == 15
    assert broken_rules() == []
    audit_ledger()
    assert AuditRun.objects.get().broken == 0


def test_captured_events_are_stored() -> None:
    session = Session.objects.create(
        streamer=Streamer.objects.create(username="ada"), status="live", lease_owner=OWNER
    )
    store([decode(session.pk, message) for message in recorded()[:50]], owner=OWNER)
    assert Event.objects.filter(session_id=session.pk).count() > 0


def test_an_operator_opens_the_lists(desk: Client) -> None:
    assert desk.get("/admin/users/user/").status_code == 200


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE mine (id int)",
        "DROP TABLE wallet_entry",
        "TRUNCATE wallet_entry CASCADE",
        "ALTER TABLE wallet_entry DISABLE TRIGGER ALL",
        "ALTER TABLE users_user ADD COLUMN mine int",
        "CREATE INDEX mine ON users_user (id)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DELETE FROM django_migrations",
        "SET session_replication_role = replica",
        "CREATE ROLE mine",
        "COPY users_user TO PROGRAM 'cat'",
    ],
)
def test_it_changes_no_table(sql: str) -> None:
    refused = pytest.raises(DatabaseError, match=r"permission denied|must be owner")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_partitions_are_left_to_the_owner() -> None:
    assert not partitions.may_change()
    tasks.make_event_partitions()
    tasks.drop_old_events()


def test_what_the_owner_makes_later_is_granted() -> None:
    app = one("SELECT current_user")
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {app.removesuffix('app')}owner")
        assert partitions.may_change()
        cursor.execute("CREATE TABLE later (id int GENERATED ALWAYS AS IDENTITY, name text)")
        cursor.execute(f"SET LOCAL ROLE {app}")
        cursor.execute("INSERT INTO later (name) VALUES ('Ada')")
    assert one("SELECT count(*) FROM later") == 1
    assert User.objects.count() == 0
