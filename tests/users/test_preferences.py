"""POST /api/addPrivacySetting, privacypolicy/, updatePushNotificationSettings"""

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.users.models import PrivacySetting, PushNotificationSetting
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse


@pytest.mark.parametrize("endpoint", ["addPrivacySetting", "privacypolicy/"])
def test_both_clients_words_are_understood_and_only_what_is_sent_changes(
    phone: Phone, owner: Person, endpoint: str
) -> None:
    values = {"videos_download": "0", "direct_message": "friend", "liked_videos": "everyone"}
    answer = phone.call(endpoint, values, by=owner)
    assert_both_clients_parse(endpoint.strip("/"), answer)
    assert answer["msg"]["PrivacySetting"]["direct_message"] == "friend"
    values = {"direct_message": "No One", "liked_videos": "Only Me", "duet": None}
    answer = phone.call(endpoint, values, by=owner)
    setting = answer["msg"]["PrivacySetting"]
    assert (setting["direct_message"], setting["liked_videos"], setting["duet"]) == (
        "no_one",
        "only_me",
        "everyone",
    )
    assert setting["videos_download"] == 0


@pytest.mark.parametrize(
    ("word", "comments", "liked"),
    [
        ("Everyone", "everyone", "everyone"),
        ("1", "everyone", "everyone"),
        ("0", "no_one", "only_me"),
        ("Friends", "friend", "friend"),
        ("only_me", "no_one", "only_me"),
        ("me", "no_one", "only_me"),
        ("no_one", "no_one", "only_me"),
    ],
)
def test_each_word_becomes_one_that_android_compares_with(
    phone: Phone, owner: Person, word: str, comments: str, liked: str
) -> None:
    phone.call("addPrivacySetting", {"video_comment": word, "liked_videos": word}, by=owner)
    setting = PrivacySetting.objects.get(user=owner.user)
    assert (setting.video_comment, setting.liked_videos) == (comments, liked)


@pytest.mark.parametrize("values", [{"duet": "some"}, {"duet": [1]}, {"videos_download": "7"}])
def test_bad_input_is_refused_in_the_form_each_client_needs(
    phone: Phone, owner: Person, values: dict
) -> None:
    for endpoint in ("addPrivacySetting", "privacypolicy/"):
        answer = phone.call(endpoint, values, by=owner)
        assert_both_clients_parse(endpoint.strip("/"), answer)
        assert answer["code"] == 201
    assert "message" in answer


def test_ios_parses_even_a_missing_identity(phone: Phone) -> None:
    for endpoint in ("privacypolicy/", "addDeviceData", "registerDevice"):
        answer = phone.call(endpoint)
        assert_both_clients_parse(endpoint.strip("/"), answer)
        assert answer["code"] != 200


def test_a_missing_row_is_made(phone: Phone, owner: Person) -> None:
    PrivacySetting.objects.all().delete()
    PushNotificationSetting.objects.all().delete()
    phone.call("addPrivacySetting", {"duet": "friend"}, by=owner)
    phone.call("updatePushNotificationSettings", {"likes": "0"}, by=owner)
    assert PrivacySetting.objects.get().duet == "friend"
    assert not PushNotificationSetting.objects.get().likes


def test_push_switches_change_one_by_one(phone: Phone, owner: Person) -> None:
    answer = phone.call("updatePushNotificationSettings", {"likes": "0"}, by=owner)
    assert_both_clients_parse("updatePushNotificationSettings", answer)
    switches = answer["msg"]["PushNotification"]
    assert (switches["likes"], switches["comments"], switches["id"]) == (0, 1, owner.id)


def test_a_stranger_changes_nobodys_settings(phone: Phone, owner: Person, stranger: Person) -> None:
    for endpoint, values in (
        ("addPrivacySetting", {"duet": "no_one"}),
        ("updatePushNotificationSettings", {"likes": "0"}),
    ):
        answer = phone.call(endpoint, values | {"user_id": str(owner.id)}, by=stranger)
        assert answer["code"] == 201
    assert PrivacySetting.objects.get(user=owner.user).duet == "everyone"
    assert PushNotificationSetting.objects.get(user=owner.user).likes


def test_query_count(
    phone: Phone, owner: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(6):  # caller; savepoint, row, update, release; record
        phone.call("addPrivacySetting", {"duet": "friend"}, by=owner)
