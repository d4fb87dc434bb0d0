"""Refunds take coins back; what is gone is owed, and nobody who owes spends."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from apps.audit.models import AuditEntry
from apps.contract.answers import Refused
from apps.wallet import ledger, tasks
from apps.wallet.models import Account, CoinPackage, Entry, Freeze, Purchase
from apps.wallet.services import payouts
from apps.wallet.services.purchases import purchase_coins
from apps.wallet.services.refunds import refund_purchase
from tests.books import balance, broken_rules, earn, tampering
from tests.cast import Person, Phone

Kind = Account.Kind


@pytest.fixture(autouse=True)
def _demo_store(settings: Settings, package: CoinPackage) -> None:
    settings.DEMO_STORE = True
    settings.PAYOUT_MIN_COINS = 1


def buy(person: Person, transaction_id: str = "t1") -> Purchase:
    return purchase_coins(
        user_id=person.id, device=Purchase.Device.IOS, coins=500, transaction_id=transaction_id
    )


def spend(person: Person, coins: int, key: str = "spent") -> None:
    """Take bought coins away as a gift would."""
    bought = ledger.account_id(owner_id=person.id, kind=Kind.BOUGHT)
    promo = ledger.account_id(owner_id=None, kind=Kind.PROMO)
    ledger.post(
        key=key,
        reason=ledger.Transfer.Reason.PROMO,
        subject_id=None,
        entries={bought: -coins},
        pending={promo: coins},
    )


def test_a_refund_takes_the_coins_back_once(owner: Person) -> None:
    purchase = buy(owner)
    assert refund_purchase(purchase_id=purchase.id, note="apple")
    assert not refund_purchase(purchase_id=purchase.id, note="apple again")
    purchase.refresh_from_db()
    assert purchase.refund_note == "apple"
    assert ledger.total(owner.id) == 0
    assert not ledger.is_frozen(owner.id)


def test_spent_coins_become_a_debt_that_freezes_spending(owner: Person) -> None:
    purchase = buy(owner)
    spend(owner, 400)
    earn(owner.user, 30)
    refund_purchase(purchase_id=purchase.id, note="")
    assert balance(owner.user, Kind.DEBT) == -370
    assert ledger.total(owner.id) == 0
    assert ledger.is_frozen(owner.id)
    earn(owner.user, 50)
    with pytest.raises(Refused, match="frozen"):
        payouts.request_payout(user_id=owner.id, coins=10, destination="a@b.example")
    assert ledger.total(owner.id) == 50


def test_the_next_purchase_repays_the_debt_and_the_rest_is_in_the_wallet(
    phone: Phone, owner: Person
) -> None:
    purchase = buy(owner)
    spend(owner, 400)
    refund_purchase(purchase_id=purchase.id, note="")
    values = {"coin": "500", "transaction_id": "t2", "device": "ios"}
    answer = phone.call("purchaseCoin", values, by=owner)
    assert answer["msg"]["User"]["wallet"] == 100
    assert balance(owner.user, Kind.DEBT) == 0
    assert not ledger.is_frozen(owner.id)


def test_coins_earned_later_repay_the_debt_by_themselves(owner: Person) -> None:
    purchase = buy(owner)
    spend(owner, 400)
    refund_purchase(purchase_id=purchase.id, note="")
    for earned, owed in ((150, -250), (300, 0)):
        earn(owner.user, earned)
        tasks.collect_debts()
        assert balance(owner.user, Kind.DEBT) == owed
    assert ledger.total(owner.id) == 50


def test_a_refunded_transaction_can_not_be_credited_again(phone: Phone, owner: Person) -> None:
    refund_purchase(purchase_id=buy(owner).id, note="")
    values = {"coin": "500", "transaction_id": "t1", "device": "ios"}
    assert phone.call("purchaseCoin", values, by=owner)["code"] == 201
    assert ledger.total(owner.id) == 0


def test_a_debt_never_turns_into_a_credit(owner: Person) -> None:
    debt = ledger.account_id(owner_id=owner.id, kind=Kind.DEBT)
    promo = ledger.account_id(owner_id=None, kind=Kind.PROMO)
    with pytest.raises(IntegrityError, match="wallet_account_debt"), transaction.atomic():
        ledger.post(
            key="k",
            reason=ledger.Transfer.Reason.PROMO,
            subject_id=None,
            entries={debt: 5},
            pending={promo: -5},
        )


def test_a_frozen_wallet_pays_nothing_out_until_it_is_thawed(owner: Person) -> None:
    earn(owner.user, 500)
    freeze = Freeze.objects.create(user=owner.user, reason="many new accounts")
    with pytest.raises(Refused, match="frozen"):
        payouts.request_payout(user_id=owner.id, coins=500, destination="a@b.example")
    assert ledger.total(owner.id) == 500
    freeze.delete()
    payouts.request_payout(user_id=owner.id, coins=500, destination="a@b.example")


def test_a_refund_that_took_nothing_back_is_found(owner: Person) -> None:
    buy(owner)
    with tampering():
        Purchase.objects.update(refunded_at="2026-01-01T00:00Z")
        assert broken_rules() == [
            "every refunded purchase was taken back from its buyer once, and no other"
        ]


def test_an_operator_takes_a_purchase_back_and_freezes_a_wallet(
    client: Client, operator: Person, owner: Person
) -> None:
    purchase = buy(owner)
    client.force_login(operator.user)
    form = {"action": "refund", "_selected_action": [purchase.pk]}
    assert client.post(reverse("admin:wallet_purchase_changelist"), form).status_code == 200
    assert ledger.total(owner.id) > 0  # it asks first
    form |= {"confirmed": "yes", "reason": "paid twice"}
    page = client.post(reverse("admin:wallet_purchase_changelist"), form, follow=True)
    assert "Took back 1 of 1." in page.content.decode()
    assert ledger.total(owner.id) == 0
    entry = AuditEntry.objects.get(action="refund")
    assert (entry.operator_id, entry.person_id, entry.reason) == (
        *(operator.id, owner.id, "paid twice"),
    )
    form = {"user": str(owner.id), "reason": "chargebacks"}
    assert client.post(reverse("admin:wallet_freeze_add"), form).status_code == 302
    assert ledger.is_frozen(owner.id)
    assert client.get(reverse("admin:wallet_freeze_changelist")).status_code == 200


def test_purchases_and_entries_are_exported_for_the_accountant(
    client: Client, operator: Person, owner: Person
) -> None:
    purchase = buy(owner, "=evil()")
    client.force_login(operator.user)
    form = {"action": "export_csv", "_selected_action": [purchase.pk]}
    page = client.post(reverse("admin:wallet_purchase_changelist"), form).getvalue().decode()
    assert page.splitlines()[0].startswith("id,created_at,store,transaction_id")
    assert ",demo,'=evil(),ios," in page
    entries = Entry.objects.filter(account__owner=owner.user)
    form = {"action": "export_csv", "_selected_action": [entry.pk for entry in entries]}
    page = client.post(reverse("admin:wallet_entry_changelist"), form).getvalue().decode()
    assert f"purchase:{purchase.pk},purchase,{purchase.pk}" in page
    assert page.rstrip().endswith("1,500,500")


def test_an_accounts_page_reads_like_a_statement(
    client: Client, operator: Person, owner: Person
) -> None:
    purchase = buy(owner)
    client.force_login(operator.user)
    account = Account.objects.get(owner=owner.user, kind=Kind.BOUGHT)
    url = reverse("admin:wallet_account_change", args=[account.pk])
    page = client.get(url).content.decode()
    assert f"purchase:{purchase.pk}" in page
    assert "Balance after" in page
    filtered = client.get(
        reverse("admin:wallet_entry_changelist"), {"account__id__exact": account.pk}
    )
    assert filtered.context["cl"].result_count == 1
