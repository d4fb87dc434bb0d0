"""notify: who is told, whose phone rings, and what stays quiet"""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.notifications import services
from apps.notifications.models import Notification, Push
from apps.notifications.services import KINDS, notify, notify_many, push_message
from apps.users.models import Block, Device, PrivacySetting, PushNotificationSetting, User
from apps.users.services import follows
from apps.videos.models import Video
from tests.cast import Person, make_person


@pytest.fixture(autouse=True)
def _pushing(settings: object) -> None:
    settings.PUSH_SENDER = "console"


@pytest.fixture
def device(owner: Person) -> Device:
    return Device.objects.create(key="k", user=owner.user, push_token="token")


@pytest.fixture
def video(owner: Person) -> Video:
    return Video.objects.create(user=owner.user, file="v.mp4", state="ready")


def liked(owner: Person, friend: Person, video: Video) -> int | None:
    return notify(
        receiver_id=owner.id,
        sender_id=friend.id,
        type="video_like",
        text="friend liked your video",
        video_id=video.id,
    )


def test_a_row_and_a_push_for_each_phone_are_written_together(
    owner: Person, friend: Person, video: Video, device: Device
) -> None:
    made = liked(owner, friend, video)
    row = Notification.objects.get(pk=made)
    assert (row.receiver_id, row.video_id, row.read) == (owner.id, video.id, False)
    push = Push.objects.get()
    assert (push.title, push.body) == ("friend", "friend liked your video")
    assert push.data["video_id"] == str(video.id)
    assert push.data["notification_id"] == str(made)


def test_what_is_rolled_back_was_never_told(
    owner: Person, friend: Person, video: Video, device: Device
) -> None:
    with transaction.atomic():
        liked(owner, friend, video)
        transaction.set_rollback(True)
    assert Notification.objects.count() == Push.objects.count() == 0


def test_a_storm_of_likes_and_unlikes_tells_once_a_day(
    owner: Person, friend: Person, stranger: Person, video: Video, device: Device
) -> None:
    assert [liked(owner, friend, video) is not None for _ in range(5)] == [True] + [False] * 4
    assert liked(owner, stranger, video) is not None
    assert Push.objects.count() == 2
    Notification.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert liked(owner, friend, video) is not None
    assert Notification.objects.filter(sender=friend.user).count() == 1


def test_two_comments_tell_twice(owner: Person, friend: Person, video: Video) -> None:
    for text in ("one", "two"):
        values = {"receiver_id": owner.id, "sender_id": friend.id, "video_id": video.id}
        notify(type="video_comment", text=f"friend commented: {text}", **values)
    assert Notification.objects.count() == 2


def test_own_actions_blocked_people_and_ended_accounts_are_not_told(
    owner: Person, friend: Person, stranger: Person, banned: Person, device: Device
) -> None:
    Block.objects.create(blocker=owner.user, blocked=friend.user)
    Block.objects.create(blocker=stranger.user, blocked=owner.user)
    for sender in (owner, friend, stranger):
        made = notify(receiver_id=owner.id, sender_id=sender.id, type="following", text="x")
        assert made is None
    assert notify(receiver_id=banned.id, sender_id=owner.id, type="following", text="x") is None
    assert Notification.objects.count() == Push.objects.count() == 0


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_switched_off_type_stands_in_the_inbox_and_rings_no_phone(
    owner: Person, friend: Person, device: Device, kind: str
) -> None:
    switch = KINDS[kind].switch
    if switch:
        PushNotificationSetting.objects.update(**{switch: False})
    made = notify(receiver_id=owner.id, sender_id=friend.id, type=kind, text="friend did it")
    assert made
    assert Push.objects.count() == (0 if switch else 1)
    if switch:
        PushNotificationSetting.objects.update(**{switch: True})
        Notification.objects.all().delete()
        notify(receiver_id=owner.id, sender_id=friend.id, type=kind, text="friend did it")
        assert Push.objects.get().data["type"] == KINDS[kind].push_type


def test_many_are_told_in_the_same_number_of_queries(
    owner: Person, friend: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for size in (1, 20):
        people = [make_person(f"p{size}x{number}") for number in range(size)]
        with django_assert_num_queries(4):  # two for the savepoint, forget, insert
            made = notify_many(
                receiver_ids=[person.id for person in people],
                sender_id=friend.id,
                type="live",
                text="friend is live now",
                live_streaming_id=7,
            )
        assert len(made) == size


def test_followers_with_a_bell_are_told_once_however_often_the_task_runs(
    owner: Person,
    friend: Person,
    stranger: Person,
    video: Video,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "BELLS_PER_BATCH", 1)
    quiet = make_person("quiet")
    for person in (friend, stranger, quiet):
        follows.toggle_follow(follower_id=person.id, followed_id=owner.id)
    follows.set_bell(follower_id=quiet.id, followed_id=owner.id, bell=False)
    values = {"sender_id": owner.id, "text": "owner has posted a video", "video_id": video.id}
    told = [services.notify_bells(type="video_updates", **values) for _ in range(2)]
    assert told == [2, 0]
    rows = Notification.objects.filter(type="video_updates")
    assert set(rows.values_list("receiver_id", flat=True)) == {friend.id, stranger.id}


def test_a_message_rings_and_stands_in_no_inbox(
    owner: Person, friend: Person, device: Device
) -> None:
    assert push_message(receiver_ids=[owner.id], sender_id=friend.id, text="Hi") == [owner.id]
    push = Push.objects.get()
    assert (push.title, push.body, push.data["type"]) == ("friend", "Hi", "message")
    assert push.data["user_id"] == str(friend.id)
    assert Notification.objects.count() == 0


@pytest.mark.parametrize(
    ("audience", "related", "allowed"),
    [
        ("everyone", False, True),
        ("friend", False, False),
        ("friend", True, True),
        ("no_one", True, False),
    ],
)
def test_who_may_message_is_the_receivers_choice(
    owner: Person, friend: Person, device: Device, audience: str, related: bool, allowed: bool
) -> None:
    PrivacySetting.objects.filter(user=owner.user).update(direct_message=audience)
    if related:
        follows.toggle_follow(follower_id=owner.id, followed_id=friend.id)
        follows.toggle_follow(follower_id=friend.id, followed_id=owner.id)
    Push.objects.all().delete()
    may = push_message(receiver_ids=[owner.id], sender_id=friend.id, text="Hi")
    assert (may == [owner.id]) is allowed
    assert Push.objects.exists() is allowed


def test_pictures_in_pushes_are_absolute_where_an_address_is_known(
    settings: object, owner: Person, friend: Person, device: Device
) -> None:
    settings.PUBLIC_URL = "https://clips.example.com"
    User.objects.filter(pk=friend.id).update(profile_pic="users/1/a.jpg")
    push_message(receiver_ids=[owner.id], sender_id=friend.id, text="Hi")
    assert Push.objects.get().data["image"] == "https://clips.example.com/media/users/1/a.jpg"


def test_a_worker_is_woken_after_the_commit_and_its_absence_harms_nobody(
    owner: Person,
    friend: Person,
    device: Device,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: object,
) -> None:
    from apps.notifications.tasks import send_pushes

    woken = []

    def away(**options: object) -> None:
        woken.append(options)
        raise ConnectionError

    monkeypatch.setattr(send_pushes, "apply_async", away)
    with django_capture_on_commit_callbacks(execute=True):
        push_message(receiver_ids=[owner.id], sender_id=friend.id, text="Hi")
        assert woken == []
    assert woken == [{"retry": False}]
    assert Push.objects.count() == 1
