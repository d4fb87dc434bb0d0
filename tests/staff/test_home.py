"""The operators' home page"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.live.models import LiveRoom
from apps.moderation.models import HeldVideo, Report
from apps.moderation.services import reports
from apps.staff import home
from apps.videos.models import Video, VideoUpload
from apps.wallet import audit
from apps.wallet.models import AuditRun, CoinPackage, Payout, Purchase
from tests.cast import Person, make_person


def cards(desk: Client) -> dict[str, dict[str, Any]]:
    return {card["title"]: card for card in desk.get("/admin/").context["cards"]}


def statements(desk: Client) -> int:
    """Without the savepoints, which are the start and the end of transactions outside of tests."""
    with CaptureQueriesContext(connection) as captured:
        assert desk.get("/admin/").status_code == 200
    return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)


def fill(owner: Person, stranger: Person, count: int) -> None:
    package = CoinPackage.objects.create(title="p", coins=count * 7, price=1)
    for number in range(count):
        host = make_person(f"host_{count}_{number}").user
        LiveRoom.objects.create(host=host, status="live", opened_at=timezone.now())
        video = Video.objects.create(user=owner.user, file="v.mp4", state="failed")
        VideoUpload.objects.create(
            video=video,
            user=owner.user,
            key=f"{count}-{number}",
            size=1,
            claimed_until=timezone.now(),
        )
        HeldVideo.objects.create(video=video, reason="words")
        reports.report_video(
            reporter_id=stranger.id, video_id=video.id, reason_id=None, description=""
        )
        Purchase.objects.create(
            user=owner.user,
            store="demo",
            transaction_id=f"{count}-{number}",
            package=package,
            coins=5,
            price=1,
            device="ios",
        )


def test_it_says_how_the_system_is(desk: Client, owner: Person, stranger: Person) -> None:
    fill(owner, stranger, 2)
    Payout.objects.create(user=owner.user, coins=5, amount="0.03", method_type="bank")
    shown = cards(desk)
    numbers = {title: card["answer"].number for title, card in shown.items()}
    assert numbers["Live rooms"] == "2"
    assert numbers["Coins bought today"] == "10"
    assert numbers["Payouts waiting"] == "1"
    assert numbers["Reports open"] == "2"
    assert numbers["Videos held"] == "2"
    assert numbers["Verification waiting"] == "0"
    assert numbers["Books last proved"] == "never"
    assert "2 failed" in shown["Uploads waiting"]["answer"].line
    assert shown["Reports open"]["answer"].level == "attention"


def test_every_card_leads_to_its_queue(desk: Client, owner: Person, stranger: Person) -> None:
    fill(owner, stranger, 1)
    shown = cards(desk)
    assert len(shown) == len(home.CARDS)
    for card in shown.values():
        assert desk.get(card["link"]).status_code == 200, card
    page = desk.get(shown["Reports open"]["link"])
    assert page.context["cl"].result_count == Report.objects.filter(state="open").count() == 1


def test_books_that_are_broken_or_unproved_stand_out(desk: Client) -> None:
    audit.prove()
    assert cards(desk)["Books last proved"]["answer"].level == ""
    AuditRun.objects.update(started_at=timezone.now() - timedelta(days=3))
    assert cards(desk)["Books last proved"]["answer"].level == "attention"
    AuditRun.objects.update(broken=1)
    assert cards(desk)["Books last proved"]["answer"].level == "alarm"


def test_the_number_of_statements_is_bounded(desk: Client, owner: Person, stranger: Person) -> None:
    fill(owner, stranger, 1)
    few = statements(desk)
    fill(owner, stranger, 6)
    assert statements(desk) == few <= 30


@pytest.mark.parametrize(
    ("role", "seen", "hidden"),
    [
        ("Moderator", {"Reports open", "Videos held", "Live rooms"}, {"Payouts waiting"}),
        ("Finance", {"Payouts waiting", "Books last proved"}, {"Reports open", "Videos held"}),
        ("Support", {"New people today", "Payouts waiting"}, {"Books last proved"}),
        ("Admin", {card.title for card in home.CARDS}, set()),
    ],
)
def test_an_operator_sees_what_their_role_may_see(
    desk_of: Callable[[str], Client], role: str, seen: set[str], hidden: set[str]
) -> None:
    shown = set(cards(desk_of(role)))
    assert seen <= shown
    assert not hidden & shown


def test_a_number_that_cannot_be_read_does_not_break_the_page(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(name: str) -> None:
        raise redis.ConnectionError(name)

    monkeypatch.setattr(home, "measured", away)
    assert cards(desk)["Live rooms"]["answer"].number == "?"
    assert cards(desk)["Payouts waiting"]["answer"].number == "0"


def test_others_do_not_see_it(client: Client, owner: Person) -> None:
    assert client.get("/admin/").status_code == 302
    client.force_login(owner.user)
    assert client.get("/admin/").status_code == 302
