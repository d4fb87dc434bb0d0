"""The audit finds what somebody with the database's keys could do."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from apps.wallet import audit, ledger, tasks
from apps.wallet.models import (
    Account,
    AuditRun,
    Entry,
    Payout,
    PayoutStep,
    PendingEntry,
    Purchase,
    Transfer,
)
from apps.wallet.selectors.proof import last_proof
from apps.wallet.services import payouts
from tests.books import broken_rules, earn, tampering
from tests.cast import Person

BALANCES = "every balance is what its entries say"
WHOLE = "the books as a whole sum to zero"
TRANSFERS = "every transfer sums to zero"


@pytest.fixture(autouse=True)
def _coins(owner: Person, friend: Person) -> None:
    ledger.give(user_id=owner.id, coins=100, key="a")
    ledger.give(user_id=friend.id, coins=50, key="b")


def test_honest_books_balance() -> None:
    out = io.StringIO()
    call_command("audit_ledger", stdout=out)
    assert "The books balance." in out.getvalue()
    assert "BROKEN" not in out.getvalue()


def test_a_changed_balance_is_found_and_the_command_fails(owner: Person) -> None:
    out = io.StringIO()
    with tampering():
        Account.objects.filter(owner=owner.user).update(balance=1_000_000)
        assert broken_rules() == [WHOLE, BALANCES]
        with pytest.raises(CommandError, match="breaks 2 of its rules"):
            call_command("audit_ledger", stdout=out)
    assert "BROKEN  every balance is what its entries say" in out.getvalue()
    assert "balance 1000000, entries_say 100" in out.getvalue()


def test_coins_moved_between_people_are_found(owner: Person, friend: Person) -> None:
    with tampering():
        Account.objects.filter(owner=owner.user).update(balance=90)
        Account.objects.filter(owner=friend.user).update(balance=60)
        assert broken_rules() == [BALANCES]


def test_a_changed_entry_is_found(owner: Person) -> None:
    with tampering():
        Entry.objects.filter(account__owner=owner.user).update(amount=99)
        assert TRANSFERS in broken_rules()


def test_a_deleted_entry_is_found(owner: Person) -> None:
    with tampering():
        Entry.objects.filter(account__owner=owner.user)._raw_delete("default")
        assert {TRANSFERS, BALANCES} <= set(broken_rules())


def test_a_gap_in_the_numbers_is_found(owner: Person) -> None:
    with tampering():
        Entry.objects.filter(account__owner=owner.user).update(sequence=2)
        assert broken_rules() == [
            "an account's entries are numbered without a gap and carry its balance at that moment"
        ]


def test_an_empty_transfer_is_found() -> None:
    with tampering():
        Transfer.objects.create(key="empty", reason=Transfer.Reason.PROMO)
        assert broken_rules() == ["every transfer moves something"]


def test_a_pending_entry_of_nobody_is_found() -> None:
    with tampering():
        PendingEntry.objects.update(account_id=10**12)
        assert broken_rules() == ["every pending entry belongs to an account"]


def test_a_settlement_of_another_account_is_found(owner: Person) -> None:
    ledger.settle_all()
    with tampering():
        PendingEntry.objects.update(account=Account.objects.get(owner=owner.user))
        assert broken_rules() == [
            "a settlement settles entries of one account, and posts to that account"
        ]


def test_a_purchase_without_coins_and_coins_without_a_purchase_are_found(
    owner: Person, package: object
) -> None:
    with tampering():
        Purchase.objects.create(
            user=owner.user, store="demo", transaction_id="x", package=package, coins=5, price=1
        )
        assert broken_rules() == ["every purchase credited its coins to its buyer, once"]
    with tampering():
        Transfer.objects.filter(key="a").update(reason=Transfer.Reason.PURCHASE)
        assert broken_rules() == ["coins are sold only in purchases"]


def test_the_nightly_task_logs_what_is_wrong(
    owner: Person, caplog: pytest.LogCaptureFixture
) -> None:
    tasks.audit_ledger()
    assert not caplog.records
    with tampering():
        Account.objects.filter(owner=owner.user).update(balance=90)
        tasks.audit_ledger()
    assert BALANCES in caplog.text


def test_every_proof_is_kept_with_what_each_rule_said(owner: Person) -> None:
    assert last_proof() is None
    tasks.audit_ledger()
    proof = last_proof()
    assert proof
    assert (proof.broken, str(proof)) == (0, "the books balance")
    assert {result["rule"] for result in proof.results} == {i.rule for i in audit.INVARIANTS}
    with tampering():
        Account.objects.filter(owner=owner.user).update(balance=90)
        broken = audit.prove()
        assert last_proof() == broken
        assert broken.broken == 2
        rows = {result["rule"]: result["rows"] for result in broken.results}
        assert "balance 90, entries_say 100" in rows[BALANCES][0]


def test_an_operator_sees_when_the_books_were_last_proved_and_proves_them(
    desk: Client, owner: Person
) -> None:
    address = reverse("admin:wallet_auditrun_prove_now")
    answer = {"confirmed": "yes", "reason": "before the payouts"}
    assert "Prove the books now?" in desk.get(address).content.decode()
    assert not AuditRun.objects.exists()  # looking changes nothing
    page = desk.post(address, answer, follow=True).content.decode()
    assert "Proved: the books balance." in page
    assert BALANCES in page
    assert "holds" in page
    with tampering():
        Account.objects.filter(owner=owner.user).update(balance=90)
        page = desk.post(address, answer, follow=True).content.decode()
        assert "2 rules broken" in page
        assert "balance 90, entries_say 100" in page
    listed = desk.get(reverse("admin:wallet_auditrun_changelist")).content.decode()
    assert "the books balance" in listed


def test_the_settling_task_settles() -> None:
    tasks.settle_pending()
    assert not PendingEntry.objects.filter(settled_by=None).exists()


HELD = "the payouts account holds the coins of the open payouts"
TRAIL = "every payout's trail ends where the payout stands"


def test_a_payout_that_was_marked_paid_behind_our_back_is_found(
    owner: Person, settings: Settings
) -> None:
    settings.PAYOUT_MIN_COINS = 1
    earn(owner.user, 800)
    payouts.request_payout(user_id=owner.id, coins=500, destination="a@b.example")
    with tampering():
        Payout.objects.update(status="paid")
        assert broken_rules() == [HELD, TRAIL]
    with tampering():
        Payout.objects.update(coins=1)
        assert broken_rules() == [
            HELD,
            "every payout took its coins from its owner, who has them back only if it was rejected",
        ]
    with tampering():
        PayoutStep.objects.all()._raw_delete("default")
        Payout.objects.all()._raw_delete("default")
        assert broken_rules() == [HELD, "coins move for payouts only in payouts"]
