"""Keys: made once, kept as a digest, revoked."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.access import services
from apps.access.models import ApiKey


def test_the_text_of_a_key_is_not_kept():
    key, secret = services.create_key(name="bot")
    key.refresh_from_db()
    assert secret.startswith("ck_")
    assert secret not in str(key.__dict__)
    assert services.find_key(secret) == key


def test_the_command_prints_the_key_alone():
    out = StringIO()
    call_command("create_api_key", "bot", scope="write", stdout=out, stderr=StringIO())
    key = services.find_key(out.getvalue().strip())
    assert key is not None
    assert (key.name, key.scope) == ("bot", "write")


def test_the_command_refuses_an_unknown_scope():
    with pytest.raises(CommandError):
        call_command("create_api_key", "bot", "--scope", "everything")


def test_a_read_key_may_not_write():
    assert not ApiKey(scope="read").allows("write")
    assert ApiKey(scope="write").allows("read")


def test_use_is_noted_once_in_a_while(django_assert_num_queries):
    key, secret = services.create_key(name="bot")
    with django_assert_num_queries(2):
        services.find_key(secret)
    with django_assert_num_queries(1):
        services.find_key(secret)
    key.refresh_from_db()
    assert key.last_used_at is not None


def test_an_operator_makes_a_key_and_sees_its_text_once(client, operator):
    client.force_login(operator.user)
    page = client.post(
        "/admin/access/apikey/add/", {"name": "overlay", "scope": "read"}, follow=True
    )
    key = ApiKey.objects.get(name="overlay")
    assert key.hint in page.content.decode()
    shown = next(word for word in page.content.decode().split() if word.startswith("ck_"))
    assert services.find_key(shown) == key
    assert shown not in client.get("/admin/access/apikey/").content.decode()


def test_an_operator_revokes_keys(client, operator):
    client.force_login(operator.user)
    key, secret = services.create_key(name="bot")
    client.post(
        "/admin/access/apikey/",
        {"action": "revoke", "_selected_action": [key.pk], "confirmed": "yes", "reason": "x"},
    )
    assert services.find_key(secret) is None
