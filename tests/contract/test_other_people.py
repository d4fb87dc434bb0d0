"""For every endpoint: nobody acts for another, and nobody reads what is private to another."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import override_settings

from apps.contract import endpoint as endpoints
from apps.contract.endpoint import Endpoint
from apps.contract.fields import IdField, TextField
from apps.users import tokens
from apps.users.models import Device, ExternalIdentity, Follow, ProfileVisit, User
from apps.videos.models import Video
from tests.cast import Person, Phone

PRIVATE = {
    "email": "very-private@example.com",
    "phone": "+15559998877",
    "paypal": "paypal-of-owner",
    "referral_code": "REFERR01",
    "password": "argon2$private-hash",
    "ban_reason": "private-reason",
}
PUSH_TOKEN, SUBJECT, DEVICE_KEY = "push-token-of-owner", "subject-of-owner", "device-key-of-owner"


@pytest.fixture
def known_owner(owner: Person, stranger: Person) -> Person:
    """Somebody with private data, in as many relations with the stranger as there are."""
    User.objects.filter(pk=owner.id).update(dob="1987-06-05", **PRIVATE)
    device = Device.objects.create(key=DEVICE_KEY, user=owner.user, push_token=PUSH_TOKEN)
    ExternalIdentity.objects.create(
        user=owner.user, provider="firebase", subject=SUBJECT, proven=True
    )
    for one, other in ((owner, stranger), (stranger, owner)):
        Follow.objects.create(follower=one.user, followed=other.user)
        ProfileVisit.objects.create(visitor=one.user, visited=other.user)
    Video.objects.create(user=owner.user, state="ready", file="a.mp4")
    owner.token = tokens.issue(user=owner.user)
    assert device.pk
    return owner


def values_about(endpoint: type[Endpoint], person: Person) -> dict[str, Any]:
    """Every input that may name a person names this one; actors stay the caller."""
    found: dict[str, Any] = {}
    for name, field in endpoint.Input().fields.items():
        if name in endpoint.actor_keys:
            continue
        if isinstance(field, IdField):
            found[name] = person.id
        elif isinstance(field, TextField):
            found[name] = {"type": "user", "email": PRIVATE["email"]}.get(name, "owner")
    return found


def fingerprint() -> list[tuple]:
    """Every row of every table, in short."""
    tables = {
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.managed and model._meta.app_label not in ("capture", "sessions")
    }
    sql = " UNION ALL ".join(
        f"SELECT '{table}', count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"
        for table in sorted(tables)
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return sorted(cursor.fetchall())


SIGNED_IN = [e for e in endpoints.all_endpoints() if e.auth != endpoints.NONE]


@pytest.mark.parametrize("endpoint", SIGNED_IN, ids=lambda e: e.name)
class TestNobodyActsForAnother:
    @override_settings(THROTTLE_ENABLED=False)
    def test_the_database_is_as_it_was(
        self, phone: Phone, endpoint: type[Endpoint], known_owner: Person, stranger: Person
    ) -> None:
        before = fingerprint()
        for key in endpoint.actor_keys:
            values = values_about(endpoint, known_owner) | {key: str(known_owner.id)}
            assert phone.call(endpoint.name, values, by=stranger)["code"] == 201
            headers = {"User-Id": str(known_owner.id)}
            assert phone.call(endpoint.name, values, headers=headers)["code"] in (200, 201, 401)
        if endpoint.auth == endpoints.REQUIRED:
            assert fingerprint() == before


@pytest.mark.parametrize("endpoint", endpoints.all_endpoints(), ids=lambda e: e.name)
@override_settings(THROTTLE_ENABLED=False, REQUIRE_EMAIL_CODE=False)
def test_nothing_private_of_another_is_in_any_answer(
    phone: Phone, endpoint: type[Endpoint], known_owner: Person, stranger: Person
) -> None:
    values = values_about(endpoint, known_owner)
    secrets = [*PRIVATE.values(), PUSH_TOKEN, SUBJECT, DEVICE_KEY, "1987-06-05", known_owner.token]
    sent = json.dumps(values)
    for person in (stranger, None):
        answer = json.dumps(phone.call(endpoint.name, values, by=person))
        assert [text for text in secrets if text in answer and text not in sent] == []
