"""What the shipped apps' people, notification and report screens do, call by call, over HTTP.

Android sends no token, only `user_id` or `sender_id` (contract/android/NOTES.md "Transport");
iOS sends the Firebase uid in Auth-Token (contract/ios/NOTES.md "Transport, auth, codes").
"""

from typing import Any

import pytest
from django.test import override_settings

from apps.moderation.models import Report
from apps.notifications.models import Notification, Push
from apps.users.models import Block, Device, ExternalIdentity, Follow
from apps.videos.models import Video
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse

WEAK = ["token", "firebase-id-token", "firebase-uid", "user-id"]


class App:
    """One of the two apps in somebody's hand; every answer has to parse."""

    def __init__(self, phone: Phone, person: Person, headers: dict[str, str]) -> None:
        self.phone, self.person, self.headers = phone, person, headers
        self.me = str(person.id)

    def call(self, endpoint: str, *, code: int = 200, **values: Any) -> Any:
        answer = self.phone.call(endpoint, values, headers=self.headers)
        assert_both_clients_parse(endpoint, answer)
        assert answer["code"] == code, answer
        return answer.get("msg")

    def page(self, endpoint: str, page: int = 0, *, code: int = 200, **values: Any) -> Any:
        values = {"user_id": self.me, "starting_point": str(page)} | values
        return self.call(endpoint, code=code, **values)


def android(phone: Phone, person: Person) -> App:
    return App(phone, person, {"Api-Key": "x"})


def ios(phone: Phone, person: Person) -> App:
    uid = f"uid-of-{person.id}"
    ExternalIdentity.objects.get_or_create(
        user=person.user, provider="firebase", subject=uid, proven=False
    )
    return App(phone, person, {"Api-Key": "x", "Auth-Token": uid})


@pytest.fixture(params=[android, ios], ids=["android", "ios"])
def app(request: pytest.FixtureRequest, phone: Phone, owner: Person) -> App:
    with override_settings(MOBILE_IDENTITY=WEAK):
        yield request.param(phone, owner)


@pytest.fixture
def others(phone: Phone, friend: Person) -> App:
    """The friend's phone, an Android."""
    return android(phone, friend)


def test_find_follow_and_lose_somebody(app: App, others: App) -> None:
    suggested = app.page("showSuggestedUsers", other_user_id=None)
    them = str(suggested[0]["User"]["id"])
    assert them == others.me
    answer = app.call("followUser", sender_id=app.me, receiver_id=them)
    assert answer["User"]["button"] == "Following"
    assert app.page("showSuggestedUsers", code=201)
    assert app.page("showFollowing")[0]["FollowingList"]["id"] == int(them)
    assert app.page("showFollowing", 1, code=201)
    assert others.page("showFollowers")[0]["FollowerList"]["button"] == "Follow Back"
    others.call("followUser", sender_id=others.me, receiver_id=app.me)
    assert app.page("showFriends")[0]["Friends"]["button"] == "Friends"
    others.call("deleteFollower", user_id=others.me, follower_id=app.me)
    assert app.page("showFollowing", code=201)
    profile = app.call("showUserDetail", user_id=app.me, other_user_id=them)
    assert (profile["User"]["button"], profile["User"]["followers_count"]) == ("Follow Back", 0)
    assert others.page("showProfileVisitors")[0]["Visitor"]["id"] == int(app.me)


def test_the_follow_button_of_the_notification_screen(app: App, others: App) -> None:
    others.call("followUser", sender_id=others.me, receiver_id=app.me)
    row = app.page("showAllNotifications")[0]
    assert row["Notification"]["type"] == "following"
    them = str(row["Sender"]["id"])
    if "Auth-Token" in app.headers:  # iOS swaps the two there
        answer = app.call("followUser", sender_id=them, receiver_id=app.me)
    else:
        answer = app.call("followUser", sender_id=app.me, receiver_id=them)
    assert answer["User"]["button"] == "Friends"
    assert Follow.objects.count() == 2
    assert others.page("showAllNotifications")[0]["Sender"]["button"] == "Friends"
    assert app.page("showAllNotifications", 1, code=201)


def test_block_from_the_profile_and_unblock_from_the_settings(app: App, others: App) -> None:
    app.call("followUser", sender_id=app.me, receiver_id=others.me)
    answer = app.call("blockUser", user_id=app.me, block_user_id=others.me)
    assert "BlockUser" in answer
    assert Follow.objects.count() == 0
    profile = others.call("showUserDetail", user_id=others.me, other_user_id=app.me)
    assert profile["User"]["block"] == 1
    others.call("followUser", code=201, sender_id=others.me, receiver_id=app.me)
    listed = app.page("showBlockedUsers")
    assert listed[0]["BlockedUser"]["id"] == int(others.me)
    # iOS reloads only at 201, Android removes the row only at another code than 200.
    app.call("blockUser", code=201, user_id=app.me, block_user_id=others.me)
    assert app.page("showBlockedUsers", code=201)
    assert Block.objects.count() == 0


def test_a_chat_message_and_a_follow_ring_the_other_phone(
    app: App, others: App, settings: Any
) -> None:
    settings.PUSH_SENDER = "console"
    Device.objects.create(key="k", user=others.person.user, push_token="token")
    app.call("followUser", sender_id=app.me, receiver_id=others.me)
    app.call(
        "sendMessageNotification",
        title="owner",
        message="hello",
        sender_id=app.me,
        receiver_id=others.me,
    )
    assert [push.data["type"] for push in Push.objects.order_by("id")] == ["follow", "message"]
    assert {push.data["receiver_id"] for push in Push.objects.all()} == {others.me}
    assert others.call("showUnReadNotifications", user_id=others.me) == {"unread_count": 1}
    others.call("readNotification", user_id=others.me)
    assert Notification.objects.get().read is True


def test_report_a_video_and_a_profile(app: App, others: App) -> None:
    video = Video.objects.create(
        pk=10**6, user=others.person.user, file="v.mp4", state="ready", description="spam"
    )
    reasons = app.call("showReportReasons")
    reason = reasons[0]["ReportReason"]["id"]
    if "Auth-Token" in app.headers:  # iOS: numbers, and profiles as videos
        common: dict[str, Any] = {"user_id": int(app.me), "report_reason_id": reason}
        app.call("reportVideo", video_id=video.id, description="spam", **common)
        app.call("reportVideo", video_id=int(others.me), **common)
    else:
        common = {"user_id": app.me, "report_reason_id": str(reason), "description": "spam"}
        app.call("reportVideo", video_id=str(video.id), **common)
        app.call("reportUser", report_user_id=others.me, **common)
    assert sorted(Report.objects.values_list("kind", "target_id")) == [
        ("user", int(others.me)),
        ("video", video.id),
    ]
    assert set(Report.objects.values_list("accused", flat=True)) == {int(others.me)}
