"""The queue of reports, bans, hidden videos, and the log"""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.moderation.models import OperatorAction, Report
from apps.moderation.services import operators, reports
from apps.users.models import User
from apps.videos.models import Video
from tests.cast import Person, Phone


@pytest.fixture
def video(owner: Person) -> Video:
    return Video.objects.create(user=owner.user, file="v.mp4", state="ready")


@pytest.fixture
def report(video: Video, stranger: Person) -> Report:
    return reports.report_video(
        reporter_id=stranger.id, video_id=video.id, reason_id=None, description="<b>bad</b>"
    )


def address(report: Report) -> str:
    return reverse("admin:moderation_report_change", args=[report.pk])


def decide(desk: Client, report: Report, **values: str) -> str:
    form = {"decision": "", "why": "", "banned_until_0": "", "banned_until_1": ""} | values
    return desk.post(address(report), form, follow=True).content.decode()


def test_the_queue_and_a_report_open_with_the_evidence_escaped(
    desk: Client, report: Report
) -> None:
    assert desk.get(reverse("admin:moderation_report_changelist")).status_code == 200
    page = desk.get(address(report)).content.decode()
    assert "&lt;b&gt;bad&lt;/b&gt;" in page
    assert "<b>bad</b>" not in page
    assert "v.mp4" in page


def test_a_report_is_dismissed(desk: Client, operator: Person, report: Report) -> None:
    decide(desk, report, decision="dismiss", why="fine")
    report.refresh_from_db()
    assert (report.state, report.handled_by_id) == ("dismissed", operator.id)
    row = OperatorAction.objects.get()
    assert (row.kind, row.report_id, row.reason) == ("dismiss_report", report.id, "fine")


def test_a_video_is_hidden_and_all_reports_of_it_are_closed(
    phone: Phone, desk: Client, report: Report, friend: Person, video: Video
) -> None:
    reports.report_video(reporter_id=friend.id, video_id=video.id, reason_id=None, description="")
    decide(desk, report, decision="hide", why="nudity")
    video.refresh_from_db()
    assert video.block is True
    assert set(Report.objects.values_list("state", flat=True)) == {"acted"}
    assert OperatorAction.objects.get().video_id == video.id
    assert phone.call("showRelatedVideos", by=friend)["code"] == 201
    by = User.objects.get(username="operator").pk
    operators.set_video_hidden(operator_id=by, video_id=video.id, hidden=False, reason="a mistake")
    video.refresh_from_db()
    assert video.block is False


def test_a_ban_ends_the_accounts_sign_ins_at_once_until_its_end(
    phone: Phone, desk: Client, owner: Person, report: Report
) -> None:
    assert phone.call("showUserDetail", by=owner)["code"] == 200
    tomorrow = timezone.now() + timedelta(days=1)
    when = {"banned_until_0": f"{tomorrow:%Y-%m-%d}", "banned_until_1": "10:00:00"}
    decide(desk, report, decision="ban", why="spam", **when)
    assert phone.call("showUserDetail", by=owner)["code"] == 501
    owner.user.refresh_from_db()
    assert (owner.user.status, owner.user.ban_reason) == ("banned", "spam")
    assert owner.user.banned_until.hour == 10
    User.objects.update(banned_until=timezone.now() - timedelta(seconds=1))
    assert phone.call("showUserDetail", by=owner)["code"] == 200


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"decision": "ban"}, "A ban needs a reason"),
        ({"decision": "ban_perhaps", "why": "x"}, "only mean one account"),
        ({}, "This field is required"),
        (
            {
                "decision": "ban",
                "why": "x",
                "banned_until_0": "2020-01-01",
                "banned_until_1": "0:00",
            },
            "in the past",
        ),
    ],
)
def test_a_decision_that_makes_no_sense_changes_nothing(
    desk: Client, report: Report, owner: Person, values: dict[str, str], sentence: str
) -> None:
    assert sentence in decide(desk, report, **values)
    report.refresh_from_db()
    owner.user.refresh_from_db()
    assert (report.state, owner.user.status) == ("open", "active")
    assert OperatorAction.objects.count() == 0


def test_operators_and_the_deleted_are_not_banned(operator: Person, owner: Person) -> None:
    User.objects.filter(pk=owner.id).update(status="deleted")
    for user_id in (operator.id, owner.id, 10**12, None):
        with pytest.raises(operators.NotPossible):
            operators.ban_user(operator_id=operator.id, user_id=user_id, reason="x")


def test_an_account_is_let_in_again(phone: Phone, operator: Person, owner: Person) -> None:
    operators.ban_user(operator_id=operator.id, user_id=owner.id, reason="x")
    assert phone.call("showUserDetail", by=owner)["code"] == 501
    operators.unban_user(operator_id=operator.id, user_id=owner.id)
    assert phone.call("showUserDetail", by=owner)["code"] == 200
    with pytest.raises(operators.NotPossible):
        operators.unban_user(operator_id=operator.id, user_id=owner.id)


def test_several_reports_are_dismissed_together(desk: Client, report: Report) -> None:
    values = {"action": "dismiss_selected", "_selected_action": [str(report.pk)]}
    desk.post(reverse("admin:moderation_report_changelist"), values)
    report.refresh_from_db()
    assert report.state == "dismissed"
    assert OperatorAction.objects.count() == 1


def test_a_ban_on_the_accounts_page_asks_for_a_reason_and_stands_in_the_log(
    phone: Phone, desk: Client, owner: Person
) -> None:
    page = reverse("admin:users_user_ban", args=[owner.id])
    assert b"Ban these people?" in desk.get(page).content
    for reason in ("", "   "):
        assert desk.post(page, {"confirmed": "yes", "reason": reason}).status_code == 200
    assert phone.call("showUserDetail", by=owner)["code"] == 200
    assert desk.post(page, {"confirmed": "yes", "reason": "spam"}).status_code == 302
    row = OperatorAction.objects.get()
    assert (row.kind, row.user_id, row.reason) == ("ban", owner.id, "spam")
    assert phone.call("showUserDetail", by=owner)["code"] == 501


def test_the_log_is_neither_changed_nor_deleted(desk: Client, operator: Person) -> None:
    operators.record(operator_id=operator.id, kind=OperatorAction.Kind.BAN, user_id=1)
    for change in (
        lambda: OperatorAction.objects.update(reason="x"),
        lambda: OperatorAction.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
            change()
    row = OperatorAction.objects.get()
    page = reverse("admin:moderation_operatoraction_change", args=[row.pk])
    assert desk.post(page, {"reason": "x"}).status_code == 403
    page = reverse("admin:moderation_operatoraction_delete", args=[row.pk])
    assert desk.post(page, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    "model",
    [
        *("moderation_report", "moderation_reportreason", "moderation_verificationrequest"),
        *("moderation_operatoraction", "notifications_notification", "notifications_push"),
    ],
)
def test_every_list_opens(desk: Client, report: Report, model: str) -> None:
    assert desk.get(reverse(f"admin:{model}_changelist"), {"q": "x"}).status_code == 200
