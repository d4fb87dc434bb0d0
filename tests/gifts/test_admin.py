"""The operators' money pages open, find things and change nothing they must not."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django.fixtures import Settings

from apps.gifts.models import Gift
from apps.gifts.services import send_gift
from apps.wallet import ledger
from apps.wallet.models import Account, Entry, Transfer
from tests.books import give_bought
from tests.cast import Person, Phone

PAGES = [
    *("wallet_account", "wallet_transfer", "wallet_entry", "wallet_pendingentry"),
    *("wallet_coinpackage", "wallet_purchase", "gifts_gift", "gifts_sentgift"),
    *("gifts_giver", "gifts_star", "gifts_flag"),
]


@pytest.fixture
def desk(client: Client, operator: Person) -> Client:
    client.force_login(operator.user)
    return client


@pytest.fixture(autouse=True)
def _history(owner: Person, friend: Person) -> None:
    rose = Gift.objects.create(title="Rose", coin=10, image="gifts/rose.png")
    give_bought(owner.user, 100)
    for key in ("first", "second"):
        send_gift(sender_id=owner.id, receiver_id=friend.id, gift_id=rose.id, count=1, key=key)
    ledger.settle(ledger.account_id(owner_id=friend.id, kind=Account.Kind.EARNED))


@pytest.mark.parametrize("page", PAGES)
def test_every_list_opens_and_searches(desk: Client, page: str) -> None:
    url = reverse(f"admin:{page}_changelist")
    assert desk.get(url).status_code == 200
    assert desk.get(url, {"q": "owner"}).status_code == 200
    assert desk.get(url, {"q": "1"}).status_code == 200


def test_a_transfer_shows_its_entries(desk: Client, owner: Person) -> None:
    transfer = Transfer.objects.get(key=f"gift-key:{owner.id}:first")
    page = desk.get(reverse("admin:wallet_transfer_change", args=[transfer.pk]))
    assert page.status_code == 200
    assert f"bought of user {owner.id}" in page.content.decode()
    assert "-10" in page.content.decode()


def test_a_transfer_is_found_by_its_key_and_by_a_persons_name(desk: Client, owner: Person) -> None:
    url = reverse("admin:wallet_transfer_changelist")
    by_key = desk.get(url, {"q": f"gift-key:{owner.id}:second"})
    assert by_key.context["cl"].result_count == 1
    by_name = desk.get(url, {"q": "owner"})
    assert by_name.context["cl"].result_count == 3  # two gifts and the coins given


def test_an_account_shows_what_is_pending(desk: Client, friend: Person, owner: Person) -> None:
    rose = Gift.objects.get()
    send_gift(sender_id=owner.id, receiver_id=friend.id, gift_id=rose.id, count=3)
    page = desk.get(reverse("admin:wallet_account_changelist"), {"q": "friend"})
    (account,) = page.context["cl"].result_list
    assert (account.balance, account.pending) == (20, 30)


@pytest.mark.parametrize("model", [Account, Transfer, Entry])
def test_the_ledger_can_not_be_changed_even_by_an_operator(desk: Client, model: type) -> None:
    name = model._meta.model_name
    row = model.objects.first()
    assert desk.get(reverse(f"admin:wallet_{name}_add")).status_code == 403
    assert desk.post(reverse(f"admin:wallet_{name}_delete", args=[row.pk])).status_code == 403
    change = reverse(f"admin:wallet_{name}_change", args=[row.pk])
    assert desk.get(change).status_code == 200
    assert desk.post(change, {"balance": "1", "key": "x"}).status_code == 403


def test_a_gift_that_was_sent_is_not_deleted(desk: Client) -> None:
    rose = Gift.objects.get()
    desk.post(reverse("admin:gifts_gift_delete", args=[rose.pk]), {"post": "yes"})
    assert Gift.objects.filter(pk=rose.pk).exists()


def test_an_operator_prices_a_gift(desk: Client) -> None:
    rose = Gift.objects.get()
    form = {"title": "Rose", "coin": "25", "type": "premium", "order": "3", "active": "on"}
    answer = desk.post(reverse("admin:gifts_gift_change", args=[rose.pk]), form)
    assert answer.status_code == 302
    rose.refresh_from_db()
    assert (rose.coin, rose.type) == (25, "premium")


@pytest.mark.parametrize("coin", ["0", "-5", "1000001"])
def test_a_price_that_makes_no_sense_is_refused_in_the_form(desk: Client, coin: str) -> None:
    rose = Gift.objects.get()
    form = {"title": "Rose", "coin": coin, "type": "normal", "order": "0"}
    answer = desk.post(reverse("admin:gifts_gift_change", args=[rose.pk]), form)
    assert answer.status_code == 200
    rose.refresh_from_db()
    assert rose.coin == 10


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return file.getvalue()


WAV = b"RIFF\x00\x00\x00\x00WAVEfmt "
GOOD = {
    "image": ("rose.png", picture()),
    "animation": ("rose.gif", b"GIF89a" + b"\0" * 20),
    "sound": ("rose.wav", WAV),
}


def uploaded(desk: Client, files: dict[str, tuple[str, bytes]]) -> bool:
    """Whether the form with these files made a gift."""
    form: dict[str, Any] = {"title": "New", "coin": "5", "type": "normal", "order": "1"}
    form |= {name: SimpleUploadedFile(*file) for name, file in files.items()}
    answer = desk.post(reverse("admin:gifts_gift_add"), form)
    assert answer.status_code in (200, 302)
    return Gift.objects.filter(title="New").exists()


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def test_a_gift_is_made_with_its_picture_animation_and_sound(desk: Client, phone: Phone) -> None:
    assert uploaded(desk, GOOD)
    assert not Gift.objects.get(title="New").active
    Gift.objects.update(active=True)
    made = phone.call("showGifts", {"id": Gift.objects.get(title="New").pk})["msg"]["Gift"]
    for name, ending in (("image", ".png"), ("animation", ".gif"), ("sound", ".wav")):
        assert made[name].startswith("http://testserver/media/gifts/")
        assert made[name].endswith(ending)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("image", ("rose.png", b"no picture")),
        ("image", ("rose.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")),
        ("image", ("rose.png", picture() + b"\0" * 1024 * 1024)),
        ("animation", ("rose.exe", b"GIF89a")),
        ("animation", ("rose.gif", b"<script>")),
        ("animation", ("rose.json", b"no json")),
        ("animation", ("rose.gif", b"GIF89a" + b"\0" * 8 * 1024 * 1024)),
        ("sound", ("rose.mp3", b"<html>")),
        ("sound", ("rose.html", b"ID3")),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused_in_the_form(
    desk: Client, name: str, file: tuple[str, bytes]
) -> None:
    assert not uploaded(desk, GOOD | {name: file})


@pytest.mark.parametrize(
    ("ending", "content"),
    [("json", b' {"v": "5"}'), ("mp4", b"\0\0\0\x18ftypmp42"), ("webp", b"RIFF\0\0\0\0WEBP")],
)
def test_animations_of_the_usual_kinds_are_taken(desk: Client, ending: str, content: bytes) -> None:
    assert uploaded(desk, GOOD | {"animation": (f"rose.{ending}", content)})


def test_the_most_generous_and_the_most_gifted_are_listed(
    desk: Client, owner: Person, friend: Person, stranger: Person
) -> None:
    rose = Gift.objects.get()
    give_bought(stranger.user, 500)
    send_gift(sender_id=stranger.id, receiver_id=friend.id, gift_id=rose.id, count=9)
    givers = desk.get(reverse("admin:gifts_giver_changelist")).context["cl"].result_list
    assert [(row.username, row.coins, row.gifts) for row in givers] == [
        ("stranger", 90, 9),
        ("owner", 20, 2),
    ]
    stars = desk.get(reverse("admin:gifts_star_changelist")).context["cl"].result_list
    assert [(row.username, row.coins, row.others) for row in stars] == [("friend", 110, 2)]
