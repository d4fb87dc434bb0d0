"""No answer holds what is private of somebody else: every endpoint is asked about other people."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client, override_settings

from apps.contract import endpoint as endpoints
from apps.contract.endpoint import Endpoint
from apps.contract.fields import IdField
from apps.live.models import LiveRoom
from apps.notifications.services import notify
from apps.users.models import Device, ExternalIdentity, ProfileVisit, User
from apps.users.services import follows
from apps.videos.models import Video
from tests.cast import Person, make_person

# These must name the other person, or the walk would prove nothing.
SHOWS_OTHERS = {
    *("showUserDetail", "showFollowers", "showFollowing", "showFriends", "showBlockedUsers"),
    *("showProfileVisitors", "showSuggestedUsers", "showAllNotifications", "showRelatedVideos"),
    *("searchFollowingOrFollowUsers", "showRegisteredContacts", "followUser", "reportUser"),
    *("followerNotification", "blockUser", "showFollowRequests"),
}
NAMES_A_PERSON = {
    *("other_user_id", "receiver_id", "block_user_id", "follower_id", "report_user_id"),
    *("reported_user_id", "user_id"),
}


@dataclass
class World:
    """A viewer, and people who have secrets and something to do with them."""

    viewer: Person
    other: Person
    blocked: Person
    video: Video
    secrets: dict[str, str] = field(default_factory=dict)


def with_secrets(username: str, phone: str) -> tuple[Person, dict[str, str]]:
    secrets = {
        "email": f"{username}@secret.example",
        "phone": phone,
        "paypal": f"paypal-of-{username}",
        "dob": "1977-03-0" + phone[-1],
        "referral_code": f"REF{username}"[:20],
    }
    person = make_person(username, **secrets)
    User.objects.filter(pk=person.id).update(password=f"hash-of-{username}")
    Device.objects.create(
        key=f"device-of-{username}", user=person.user, push_token=f"push-of-{username}"
    )
    ExternalIdentity.objects.create(
        user=person.user, provider="facebook", subject=f"subject-of-{username}", proven=True
    )
    more = {
        "token": person.token,
        "password": f"hash-of-{username}",
        "device": f"device-of-{username}",
        "push token": f"push-of-{username}",
        "subject": f"subject-of-{username}",
    }
    return person, {f"{key} of {username}": value for key, value in (secrets | more).items()}


@pytest.fixture
def world(stranger: Person) -> World:
    other, secrets = with_secrets("mallory", "+14155550101")
    blocked, more = with_secrets("trent", "+14155550102")
    asking, even_more = with_secrets("peggy", "+14155550103")
    popular, and_more = with_secrets("victor", "+14155550104")
    video = Video.objects.create(user=other.user, file="v.mp4", state="ready")
    follows.toggle_follow(follower_id=other.id, followed_id=stranger.id)
    follows.toggle_follow(follower_id=stranger.id, followed_id=other.id)
    follows.toggle_follow(follower_id=other.id, followed_id=popular.id)
    User.objects.filter(pk=stranger.id).update(is_private=True)
    follows.toggle_follow(follower_id=asking.id, followed_id=stranger.id)
    follows.toggle_block(blocker_id=stranger.id, blocked_id=blocked.id)
    ProfileVisit.objects.create(visitor=other.user, visited=stranger.user)
    notify(receiver_id=stranger.id, sender_id=other.id, type="following", text="mallory came")
    LiveRoom.objects.create(host=other.user, status="live", opened_at=video.created_at)
    return World(stranger, other, blocked, video, secrets | more | even_more | and_more)


def values_for(endpoint: type[Endpoint], world: World) -> dict[str, Any]:
    """What a curious app would send: ids of the other person and of their things."""
    values: dict[str, Any] = {}
    for name, declared in endpoint.Input().fields.items():
        if name in NAMES_A_PERSON and name not in endpoint.actor_keys:
            values[name] = world.other.id
        elif isinstance(declared, IdField):
            values[name] = world.video.id
        elif name == "username":
            values[name] = "mallory"
        elif name == "keyword":
            values[name] = "mall"
        elif name == "notification":
            values[name] = 1
        elif name == "phone_numbers":
            values[name] = [hashlib.sha256(b"+14155550101").hexdigest()]
    if endpoint.name in ("followUser", "reportUser"):
        values.pop("user_id", None)
        values.pop("sender_id", None)
    if endpoint.name == "blockUser":
        values["action"] = "block"
    if endpoint.name in ("showUserDetail", "showFollowers", "showFollowing"):
        values["other_user_id"] = world.other.id
    return values


@pytest.mark.parametrize("endpoint", endpoints.all_endpoints(), ids=lambda e: e.name)
@override_settings(THROTTLE_ENABLED=False)
def test_no_private_field_of_anybody_else_is_in_an_answer(
    endpoint: type[Endpoint], world: World
) -> None:
    bodies = []
    for values in (values_for(endpoint, world), {}):
        for headers in ({"Auth-Token": world.viewer.token}, {}):
            response = Client(raise_request_exception=False).post(
                f"/api/{endpoint.name}",
                data=values,
                content_type="application/json",
                headers=headers,
            )
            assert response.status_code == 200
            bodies.append(response.content.decode())
    answers = "\n".join(bodies)
    assert [name for name, secret in world.secrets.items() if secret in answers] == []
    if endpoint.name in SHOWS_OTHERS:
        assert any(name in answers for name in ("mallory", "trent", "peggy", "victor"))
