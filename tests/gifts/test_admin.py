"""The operators' money pages open, find things and change nothing they must not."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.gifts.models import Gift
from apps.gifts.services import send_gift
from apps.wallet import ledger
from apps.wallet.models import Account, Entry, Transfer
from tests.books import give_bought
from tests.cast import Person

PAGES = [
    *("wallet_account", "wallet_transfer", "wallet_entry", "wallet_pendingentry"),
    *("wallet_coinpackage", "wallet_purchase", "gifts_gift", "gifts_sentgift"),
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
