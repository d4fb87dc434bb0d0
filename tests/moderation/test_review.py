"""Videos that are held for review: the rules, the classifier, the operators' decisions."""

import hashlib
import hmac
import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.moderation import classifiers
from apps.moderation.classifiers import Verdict
from apps.moderation.models import HeldVideo, OperatorAction, Report, Rules
from apps.moderation.services import operators, reports
from apps.moderation.services.review import found_words
from apps.notifications.models import Notification
from apps.users.models import Follow, User
from apps.videos import processing
from apps.videos.models import Video, VideoComment
from apps.videos.services import publishing, uploads
from apps.videos.services.uploads import Post
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse
from tests.videos.scenes import post


@pytest.fixture
def folders(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    private = settings.STORAGES["private"] | {"OPTIONS": {"location": str(tmp_path / "private")}}
    settings.STORAGES = settings.STORAGES | {"private": private}


def rule(**fields: Any) -> None:
    Rules.objects.update_or_create(pk=1, defaults=fields)


def posted(by: Person, monkeypatch: pytest.MonkeyPatch, folder: Path, **said: Any) -> Video:
    """A video that was processed; ffmpeg's part is a few bytes, which is not what is tested."""
    clip = folder / "made.mp4"
    clip.write_bytes(b"made")
    made = processing.Clip(clip, clip, clip, None, processing.Probe(1, 180, 320, False))
    monkeypatch.setattr(processing.media, "probe", lambda path: made.probe)
    monkeypatch.setattr(processing, "make", lambda *_: made)
    monkeypatch.setattr(processing, "add_ladder", lambda *_: None)
    file = SimpleUploadedFile("clip.mp4", b"sent", "video/mp4")
    video_id = uploads.receive(user_id=by.id, file=file, key="", post=Post(**said))
    processing.process(video_id)
    return Video.objects.get(pk=video_id)


@pytest.fixture
def make(folders: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    return lambda by, **said: posted(by, monkeypatch, tmp_path, **said)


def assert_only_its_owner_sees(phone: Phone, video: Video, owner: Person, other: Person) -> None:
    values = {"video_id": video.pk}
    assert phone.call("showVideoDetail", values, by=other)["code"] == 201
    assert phone.call("showRelatedVideos", by=other)["code"] == 201
    profile = {"other_user_id": owner.id}
    assert phone.call("showVideosAgainstUserID", profile, by=other)["msg"]["public"] == []
    (item,) = phone.call("showVideosAgainstUserID", profile, by=owner)["msg"]["public"]
    assert (item["Video"]["block"], item["Video"]["aws_label"]) == (1, "Under review")


def test_without_a_rule_a_video_is_shown_at_once(make, owner):
    assert not make(owner, description="anything").block
    assert not HeldVideo.objects.exists()


def test_a_new_accounts_video_waits(phone, make, owner, friend):
    rule(hold_new_accounts=True, new_account_days=3)
    Follow.objects.create(follower=friend.user, followed=owner.user, bell=True)
    video = make(owner, mentioned=[friend.id])
    assert HeldVideo.objects.get().reason == "new_account"
    assert_only_its_owner_sees(phone, video, owner, friend)
    publishing.ring_bells()
    assert not Notification.objects.exists(), "nobody hears of what they can't see"
    User.objects.update(created_at=timezone.now() - timedelta(days=4))
    assert not make(owner, description="later").block


@pytest.mark.parametrize("said", [{"description": "Cheap PILLS!"}, {"hashtags": ["pills"]}])
def test_a_word_of_the_list_holds_a_video(make, owner, said):
    rule(words="casino\npills\n\n")
    assert make(owner, **said).block
    assert (HeldVideo.objects.get().reason, HeldVideo.objects.get().detail) == ("words", "pills")
    rule(hold_words=False)
    assert not make(owner, description="pills again").block


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Pills", ["pills"]),
        ("ｐｉｌｌｓ", ["pills"]),
        ("#pills now", ["pills"]),
        ("spills, pillsbury", []),
        ("buy  now", []),
        ("Buy now.", ["buy now"]),
        ("", []),
    ],
)
def test_words_are_found_by_themselves_whatever_their_form(text, found):
    assert found_words(["pills", "buy now", " "], text) == found


def test_what_is_written_later_is_judged_too(phone, owner):
    rule(words="casino")
    video = post(owner)
    values = {"video_id": video.pk, "description": "Visit my casino"}
    assert phone.call("editVideo", values, by=owner)["code"] == 200
    video.refresh_from_db()
    assert video.block
    assert HeldVideo.objects.get().state == "waiting"


class Double:
    """A classifier for tests: answers, fails or hangs as it was told."""

    says: Any = Verdict(False)
    seen: list[tuple[bytes, str]] = []

    def classify(self, *, clip: Path, description: str) -> Verdict:
        self.seen.append((clip.read_bytes(), description))
        if isinstance(self.says, Exception):
            raise self.says
        if isinstance(self.says, threading.Event):
            self.says.wait(60)
            return Verdict(False)
        return self.says


@pytest.fixture
def classifier(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Double]:
    settings.VIDEO_CLASSIFIER = f"{__name__}.Double"
    classifiers.classifier.cache_clear()
    monkeypatch.setattr(Double, "seen", [])
    monkeypatch.setattr(Double, "says", Verdict(False))
    return Double


def test_the_classifier_sees_the_clip_and_holds_it(make, owner, classifier):
    classifier.says = Verdict(True, "nudity 0.97")
    assert make(owner, description="Hello").block
    held = HeldVideo.objects.get()
    assert (held.reason, held.detail) == ("classifier", "nudity 0.97")
    assert classifier.seen == [(b"made", "Hello")]


@pytest.mark.parametrize("holds", [True, False])
@pytest.mark.parametrize("how", ["raises", "hangs", "is missing"])
def test_a_classifier_that_fails_holds_or_passes_by_setting(
    make, owner, classifier, settings, holds, how
):
    rule(hold_if_classifier_fails=holds)
    end = threading.Event()
    if how == "is missing":
        settings.VIDEO_CLASSIFIER = "nowhere.Classifier"
    else:
        classifier.says = RuntimeError("out of memory") if how == "raises" else end
    if how == "hangs":
        settings.VIDEO_CLASSIFIER_TIMEOUT_S = 0.05
    video = make(owner)
    end.set()
    assert (video.state, video.block) == ("ready", holds)
    assert list(HeldVideo.objects.values_list("reason", flat=True)) == ["failed"] * holds


def test_the_classifier_can_be_switched_off(make, owner, classifier):
    classifier.says = Verdict(True)
    rule(hold_by_classifier=False)
    assert not make(owner).block
    assert classifier.seen == []


def report(video: Video, *people: Person) -> None:
    for person in people:
        reports.report_video(
            reporter_id=person.id, video_id=video.pk, reason_id=None, description=""
        )


def test_many_reports_hold_a_video_until_somebody_has_looked(
    phone, owner, friend, stranger, operator
):
    rule(video_reports=2)
    video = post(owner)
    report(video, friend)
    video.refresh_from_db()
    assert not video.block
    report(video, stranger)
    assert HeldVideo.objects.get().reason == "reports"
    assert_only_its_owner_sees(phone, video, owner, friend)
    operators.set_video_hidden(operator_id=operator.id, video_id=video.pk, hidden=False, reason="")
    assert set(Report.objects.values_list("state", flat=True)) == {"dismissed"}
    report(video, make_person("third"))
    video.refresh_from_db()
    assert not video.block, "the reports that were looked at count no more"


def test_reports_hold_nothing_when_switched_off(owner, friend):
    rule(hold_reported_videos=False, video_reports=1)
    video = post(owner)
    report(video, friend)
    video.refresh_from_db()
    assert not video.block


def decide(desk: Client, video: Video, **values: str) -> str:
    page = reverse("admin:moderation_heldvideo_change", args=[video.pk])
    return desk.post(page, values, follow=True).content.decode()


def test_an_operator_approves(phone, desk, make, owner, friend):
    rule(hold_new_accounts=True)
    video = make(owner, mentioned=[friend.id])
    page = desk.get(reverse("admin:moderation_heldvideo_change", args=[video.pk]))
    assert "<video" in page.content.decode()
    decide(desk, video, decision="approve")
    assert phone.call("showVideoDetail", {"video_id": video.pk}, by=friend)["code"] == 200
    assert HeldVideo.objects.get().state == "approved"
    told = set(Notification.objects.values_list("receiver_id", "type"))
    assert told == {(owner.id, "system"), (friend.id, "video_tag")}
    row = OperatorAction.objects.get()
    assert (row.kind, row.video_id, row.user_id) == ("show_video", video.pk, owner.id)


def test_an_operator_rejects_with_a_reason_that_its_owner_reads(phone, desk, make, owner, friend):
    rule(hold_new_accounts=True)
    video = make(owner)
    assert "the owner is told" in decide(desk, video, decision="reject")
    assert HeldVideo.objects.get().state == "waiting"
    decide(desk, video, decision="reject", why="No weapons, please.")
    assert_only_its_owner_sees(phone, video, owner, friend)
    answer = phone.call("showAllNotifications", by=owner)
    assert_both_clients_parse("showAllNotifications", answer)
    assert "No weapons, please." in answer["msg"][0]["Notification"]["string"]
    assert answer["msg"][0]["Sender"]["username"] == "Clipcast team"
    assert OperatorAction.objects.get().reason == "No weapons, please."


def test_several_are_approved_together(desk, make, owner):
    rule(hold_new_accounts=True)
    videos = [make(owner, description=text) for text in ("one", "two")]
    values = {"action": "approve_selected", "_selected_action": [video.pk for video in videos]}
    desk.post(reverse("admin:moderation_heldvideo_changelist"), values)
    assert not Video.objects.filter(block=True).exists()
    assert OperatorAction.objects.count() == 2


def test_videos_held_back_by_hand_stand_in_the_log_and_the_queue(desk, owner):
    video = post(owner)
    values = {
        "action": "hold_back",
        "_selected_action": [video.pk],
        "confirmed": "yes",
        "reason": "x",
    }
    desk.post(reverse("admin:videos_video_changelist"), values)
    assert (HeldVideo.objects.get().reason, HeldVideo.objects.get().state) == (
        "operator",
        "rejected",
    )
    assert OperatorAction.objects.get().kind == "hide_video"


@pytest.mark.parametrize("model", ["heldvideo", "rules"])
def test_the_pages_open(desk, owner, model):
    video = post(owner)
    HeldVideo.objects.create(video=video, reason="words")
    rule(words="x")
    listed = desk.get(reverse(f"admin:moderation_{model}_changelist"), follow=True)
    assert listed.status_code == 200
    key = video.pk if model == "heldvideo" else 1
    assert desk.get(reverse(f"admin:moderation_{model}_change", args=[key])).status_code == 200
    assert desk.get(reverse(f"admin:moderation_{model}_add")).status_code == 403


# --- comments -----------------------------------------------------------------------------------


@pytest.fixture
def comment(owner: Person, friend: Person) -> VideoComment:
    video = post(owner, comment_count=1)
    return VideoComment.objects.create(video=video, user=friend.user, text="nasty")


def report_comment(phone: Phone, comment: VideoComment, by: Person | None) -> dict[str, Any]:
    answer = phone.call("reportComment", {"comment_id": str(comment.pk)}, by=by)
    assert_both_clients_parse("reportComment", answer)
    return answer


def comments_seen(phone: Phone, comment: VideoComment, by: Person | None) -> int:
    answer = phone.call("showVideoComments", {"video_id": comment.video_id}, by=by)
    return len(answer["msg"]) if answer["code"] == 200 else 0


def test_many_reports_hide_a_comment_from_all_but_its_author(
    phone, desk, comment, owner, friend, stranger
):
    rule(comment_reports=2)
    answer = report_comment(phone, comment, owner)
    assert answer["msg"]["ReportComment"]["comment_id"] == comment.pk
    assert comments_seen(phone, comment, stranger) == 1
    assert report_comment(phone, comment, stranger)["code"] == 200
    seen = [comments_seen(phone, comment, by) for by in (owner, stranger, None, friend)]
    assert seen == [0, 0, 0, 1]
    assert Video.objects.get().comment_count == 0

    found = Report.objects.first()
    assert found.evidence["comment"]["text"] == "nasty"
    page = reverse("admin:moderation_report_change", args=[found.pk])
    assert desk.get(page).status_code == 200
    desk.post(page, {"decision": "show", "why": "only rude"})
    assert comments_seen(phone, comment, stranger) == 1
    assert Video.objects.get().comment_count == 1
    assert set(Report.objects.values_list("state", flat=True)) == {"dismissed"}
    desk.post(page, {"decision": "hide", "why": "no, nasty"})
    assert comments_seen(phone, comment, stranger) == 0
    assert list(OperatorAction.objects.order_by("pk").values_list("kind", flat=True)) == [
        "show_comment",
        "hide_comment",
    ]


def test_a_hidden_reply_and_a_hidden_comment_that_is_deleted_keep_the_count(
    phone, comment, owner, friend, stranger
):
    reply = VideoComment.objects.create(
        video=comment.video, user=friend.user, parent=comment, text="worse"
    )
    rule(comment_reports=1)
    report_comment(phone, reply, stranger)
    answer = phone.call("showVideoComments", {"video_id": comment.video_id}, by=stranger)
    assert answer["msg"][0]["Children"] == []
    assert Video.objects.get().comment_count == 1
    report_comment(phone, comment, stranger)
    phone.call("deleteVideoComment", {"id": str(comment.pk)}, by=friend)
    assert Video.objects.get().comment_count == 0


def test_reports_of_comments_that_may_not_be(phone, comment, owner, friend, stranger):
    assert report_comment(phone, comment, None)["code"] == 401
    assert report_comment(phone, comment, Person(owner.user, "wrong"))["code"] == 401
    assert report_comment(phone, comment, friend)["code"] == 201, "one's own"
    assert report_comment(phone, comment, stranger)["code"] == 200
    assert report_comment(phone, comment, stranger)["code"] == 201, "a repeat"
    values = {"comment_id": comment.pk, "user_id": owner.id}
    assert phone.call("reportComment", values, by=stranger)["code"] == 201
    for bad in ({}, {"comment_id": "x"}, {"comment_id": 10**12}):
        assert phone.call("reportComment", bad, by=stranger)["code"] == 201
    Video.objects.update(privacy="private")
    assert report_comment(phone, comment, owner)["code"] == 200
    assert Report.objects.count() == 2


def test_a_report_of_a_comment_has_a_fixed_price(
    phone, comment, stranger, django_assert_num_queries
):
    # token, comment, may see, account, 2 savepoint, insert, rules, reporters, answer
    with django_assert_num_queries(10):
        report_comment(phone, comment, stranger)


# --- an outside service -------------------------------------------------------------------------


def detected(phone: Phone, secret: str, values: Any) -> dict[str, Any]:
    body = json.dumps(values).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    answer = phone.send("/api/getVideoDetection", body, headers={"X-Signature": signature})
    assert_both_clients_parse("getVideoDetection", answer)
    return answer


NUDE = {"Name": "Exposed", "ParentName": "Explicit Nudity"}


def test_a_service_holds_a_video_by_a_signed_call(phone, owner, operator, settings):
    settings.VIDEO_DETECTION_SECRET = "shared"
    video = post(owner)
    assert detected(phone, "shared", {"file_id": video.pk}) == {"code": 200, "msg": ""}
    harmless = {"file_id": video.pk, "ModerationResult": {"Name": "Gambling"}}
    assert detected(phone, "shared", harmless)["code"] == 200
    video.refresh_from_db()
    assert not video.block
    detected(phone, "shared", {"file_id": video.pk, "ModerationResult": NUDE})
    assert HeldVideo.objects.get().detail == "Explicit Nudity / Exposed"
    operators.set_video_hidden(operator_id=operator.id, video_id=video.pk, hidden=False, reason="")
    detected(phone, "shared", {"file_id": video.pk, "ModerationResult": NUDE})
    video.refresh_from_db()
    assert not video.block, "a machine does not overrule an operator"


@pytest.mark.parametrize(("ours", "theirs"), [("shared", "guessed"), ("", "")])
def test_a_call_that_is_not_signed_changes_nothing(phone, owner, settings, ours, theirs):
    settings.VIDEO_DETECTION_SECRET = ours
    video = post(owner)
    assert detected(phone, theirs, {"file_id": video.pk, "ModerationResult": NUDE})["code"] == 401
    values = {"file_id": str(video.pk), "ModerationResult": NUDE}
    assert phone.call("getVideoDetection", values, by=owner)["code"] == 401
    video.refresh_from_db()
    assert not video.block


@pytest.mark.parametrize("values", [{}, {"file_id": "x"}, {"file_id": 1, "ModerationResult": "{"}])
def test_a_bad_call_of_the_service_is_refused(phone, settings, values):
    settings.VIDEO_DETECTION_SECRET = "shared"
    assert detected(phone, "shared", values)["code"] == 201
