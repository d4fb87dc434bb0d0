"""manage.py make_buckets, and the addresses of what lies in them."""

import json
from io import StringIO

import httpx
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from tests.objectstore import MEDIA, PRIVATE, use_s3


@pytest.fixture
def client(settings, s3_server):
    """Of a store without buckets."""
    use_s3(settings, s3_server)
    client = storages["private"].connection.meta.client
    for bucket in (MEDIA, PRIVATE):
        client.delete_bucket(Bucket=bucket)
    return client


def made() -> str:
    said = StringIO()
    call_command("make_buckets", stdout=said)
    return said.getvalue()


def test_it_makes_what_is_missing_and_only_the_media_are_for_everybody(client) -> None:
    assert made() == f"{MEDIA}: made.\n{PRIVATE}: made.\n"
    assert {bucket["Name"] for bucket in client.list_buckets()["Buckets"]} == {MEDIA, PRIVATE}
    policy = json.loads(client.get_bucket_policy(Bucket=MEDIA)["Policy"])
    assert [statement["Action"] for statement in policy["Statement"]] == ["s3:GetObject"]
    with pytest.raises(client.exceptions.ClientError):
        client.get_bucket_policy(Bucket=PRIVATE)


def test_it_leaves_what_is_there(client) -> None:
    made()
    storages["private"].save("a.txt", ContentFile(b"kept"))
    made()
    assert storages["private"].open("a.txt").read() == b"kept"


def test_without_a_bucket_it_says_what_to_set() -> None:
    with pytest.raises(CommandError, match="Set S3_BUCKET"):
        call_command("make_buckets")


def test_a_store_that_is_away_is_named(client, settings) -> None:
    options = settings.STORAGES["default"]["OPTIONS"] | {"endpoint_url": "http://127.0.0.1:1"}
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"] | {"OPTIONS": options}
    }
    with pytest.raises(CommandError, match=f"{MEDIA}: .*127.0.0.1:1"):
        made()


def test_signed_addresses_lead_to_where_phones_find_the_store(client, settings, s3_server) -> None:
    made()
    name = storages["private"].save("a.txt", ContentFile(b"private"))
    settings.S3_PUBLIC_URL = "https://clips.example.com/"
    address = storages["private"].url(name)
    assert address.startswith(f"https://clips.example.com/{PRIVATE}/a.txt?")
    # The proxy passes it on to the store under the name for which it is signed.
    inside = address.replace("https://clips.example.com", s3_server)
    assert httpx.get(inside).content == b"private"
