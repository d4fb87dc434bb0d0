"""POST /api/showReportReasons, reportVideo and reportUser"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.moderation.models import Report, ReportReason
from apps.users.models import User
from apps.videos.models import Video
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse


@pytest.fixture
def video(owner: Person) -> Video:
    return Video.objects.create(
        user=owner.user, file="v.mp4", state="ready", description="Buy my pills"
    )


def reason() -> ReportReason:
    return ReportReason.objects.all()[0]


def test_the_reasons_are_there_from_the_start_in_the_operators_order(phone: Phone) -> None:
    ReportReason.objects.filter(title="Something else").update(active=False)
    answer = phone.send("/api/showReportReasons", b"")
    assert_both_clients_parse("showReportReasons", answer)
    titles = [item["ReportReason"]["title"] for item in answer["msg"]]
    assert titles[0] == "Spam or misleading"
    assert "Something else" not in titles
    ReportReason.objects.all().delete()
    answer = phone.call("showReportReasons")
    assert_both_clients_parse("showReportReasons", answer)
    assert answer["code"] == 201


def test_a_video_is_reported_with_what_it_looked_like(
    phone: Phone, owner: Person, stranger: Person, video: Video
) -> None:
    values = {"user_id": str(stranger.id), "video_id": str(video.id), "description": "spam"}
    values["report_reason_id"] = str(reason().id)
    answer = phone.call("reportVideo", values, by=stranger)
    assert_both_clients_parse("reportVideo", answer)
    assert answer["msg"]["ReportVideo"]["report_reason_title"] == reason().title
    report = Report.objects.get()
    assert (report.kind, report.target_id, report.accused_id) == ("video", video.id, owner.id)
    assert report.evidence["video"]["description"] == "Buy my pills"
    assert report.evidence["account"]["username"] == "owner"
    assert "email" not in report.evidence["account"]
    video.delete()
    assert Report.objects.get().evidence["video"]["file"] == "v.mp4"


def test_a_user_is_reported_under_either_name_of_the_fields(
    phone: Phone, owner: Person, stranger: Person, friend: Person
) -> None:
    values: dict[str, Any] = {"report_user_id": str(owner.id), "report_reason_id": reason().id}
    answer = phone.call("reportUser", values, by=stranger)
    assert_both_clients_parse("reportUser", answer)
    assert answer["msg"]["ReportUser"]["report_user_id"] == owner.id
    assert answer["msg"]["Report"]["username"] == "owner"
    values = {"reported_user_id": owner.id, "reason_id": reason().id}
    answer = phone.call("reportUser", values, by=friend)
    assert answer["msg"]["ReportReason"]["title"] == reason().title
    assert set(Report.objects.values_list("reporter_id", "accused_id")) == {
        (stranger.id, owner.id),
        (friend.id, owner.id),
    }


def test_ios_reports_a_profile_as_a_video(phone: Phone, owner: Person, stranger: Person) -> None:
    values: dict[str, Any] = {"user_id": stranger.id, "video_id": owner.id}
    values["report_reason_id"] = reason().id
    answer = phone.call("reportVideo", values, by=stranger)
    assert_both_clients_parse("reportVideo", answer)
    report = Report.objects.get()
    assert (report.kind, report.accused_id) == ("user", owner.id)


def test_an_id_of_both_is_a_videos_with_a_hint_when_ios_sends_it(
    phone: Phone, owner: Person, stranger: Person, friend: Person
) -> None:
    video = Video.objects.create(
        pk=friend.id, user=owner.user, file="v.mp4", state="ready", description="x"
    )
    phone.call("reportVideo", {"video_id": video.id}, by=stranger)
    report = Report.objects.get()
    assert (report.kind, report.accused_id) == ("video", owner.id)
    assert report.may_mean_user_id == friend.id
    assert report.evidence["perhaps_account"]["username"] == "friend"
    phone.call("reportVideo", {"video_id": str(video.id)}, by=friend)  # Android sends texts
    assert Report.objects.get(reporter=friend.user).may_mean_user is None


def test_a_thing_is_reported_once_a_day_by_each_person(
    phone: Phone, stranger: Person, friend: Person, video: Video
) -> None:
    values = {"video_id": str(video.id)}
    assert phone.call("reportVideo", values, by=stranger)["code"] == 200
    answer = phone.call("reportVideo", values, by=stranger)
    assert answer["code"] == 201
    assert "already reported" in answer["msg"]
    assert phone.call("reportVideo", values, by=friend)["code"] == 200
    Report.objects.update(day=timezone.now().date() - timedelta(days=1))
    assert phone.call("reportVideo", values, by=stranger)["code"] == 200


def test_a_reason_that_is_gone_is_no_reason_to_turn_a_report_away(
    phone: Phone, stranger: Person, video: Video
) -> None:
    values = {"video_id": str(video.id), "report_reason_id": 10**9}
    answer = phone.call("reportVideo", values, by=stranger)
    assert_both_clients_parse("reportVideo", answer)
    assert answer["msg"]["ReportVideo"]["report_reason_title"] == ""


def test_nobody_reports_for_another(
    phone: Phone, owner: Person, stranger: Person, video: Video
) -> None:
    for endpoint, key in (("reportVideo", "video_id"), ("reportUser", "report_user_id")):
        values = {"user_id": str(owner.id), key: str(video.id)}
        assert phone.call(endpoint, values, by=stranger)["code"] == 201
    assert Report.objects.count() == 0


@pytest.mark.parametrize("target", ["", None, "x", -1, "999999999", "self"])
def test_an_odd_target_is_refused(phone: Phone, stranger: Person, target: object) -> None:
    value = str(stranger.id) if target == "self" else target
    for endpoint, key in (("reportVideo", "video_id"), ("reportUser", "report_user_id")):
        answer = phone.call(endpoint, {key: value}, by=stranger)
        assert (answer["code"], type(answer["msg"])) == (201, str)
    assert Report.objects.count() == 0


def test_a_deleted_account_is_not_reported(phone: Phone, stranger: Person) -> None:
    gone = make_person("gone")
    User.objects.filter(pk=gone.id).update(status="deleted")
    assert phone.call("reportUser", {"report_user_id": gone.id}, by=stranger)["code"] == 201


def test_query_counts(
    phone: Phone,
    stranger: Person,
    video: Video,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        phone.call("showReportReasons")
    values = {"video_id": str(video.id), "report_reason_id": reason().id}
    with django_assert_num_queries(
        10
    ):  # token, video, account, reason, 2 savepoint, insert, 2 rules, answer
        phone.call("reportVideo", values, by=stranger)
    values = {"report_user_id": video.user_id, "report_reason_id": reason().id}
    with django_assert_num_queries(7):
        phone.call("reportUser", values, by=stranger)
