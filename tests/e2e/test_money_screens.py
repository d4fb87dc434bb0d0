"""The operators' money pages, used in a browser as an accountant would."""

import pytest
from playwright.sync_api import Page, expect

from apps.wallet import ledger, tasks
from apps.wallet.models import Account, CoinPackage, Freeze, Payout, Purchase
from apps.wallet.services import payouts
from apps.wallet.services.purchases import purchase_coins
from tests.books import books_balance, earn
from tests.cast import Person

__all__ = ["books_balance"]


@pytest.fixture(autouse=True)
def _demo_store(settings) -> None:
    settings.DEMO_STORE = True
    settings.PAYOUT_MIN_COINS = 100


@pytest.fixture
def package() -> CoinPackage:
    return CoinPackage.objects.create(title="500 coins", coins=500, price="4.99")


@pytest.fixture
def purchase(owner: Person, package: CoinPackage) -> Purchase:
    return purchase_coins(
        user_id=owner.id, device=Purchase.Device.IOS, coins=500, transaction_id="2000000123"
    )


def choose(page: Page, action: str, note: str) -> None:
    """Tick every row of a list, run an action on them, and say why."""
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option(action)
    page.get_by_role("button", name="Run").click()
    page.locator("#ask-form input[name=reason]").fill(note)
    page.locator("#ask-form button[type=submit]").click()
    page.wait_for_load_state()


def test_a_package_is_entered_and_put_on_sale(page: Page) -> None:
    page.goto("/admin/wallet/coinpackage/add/")
    for name, value in (("title", "900 coins"), ("coins", "900"), ("price", "8.99")):
        page.locator(f"#id_{name}").fill(value)
    page.locator("#id_ios_product_id").fill("buy900Coins")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    assert CoinPackage.objects.get(coins=900).ios_product_id == "buy900Coins"


def test_a_purchase_is_found_followed_to_its_account_and_taken_back(
    page: Page, owner: Person, purchase: Purchase
) -> None:
    page.goto("/admin/wallet/purchase/?q=2000000123")
    expect(page.get_by_text("2000000123").first).to_be_visible()
    account = Account.objects.get(owner=owner.user, kind="bought")
    page.goto(f"/admin/wallet/account/{account.pk}/change/")
    line = page.locator("tr", has=page.get_by_role("link", name=f"purchase:{purchase.pk}"))
    expect(line).to_contain_text("500")
    line.get_by_role("link").click()
    expect(page.get_by_text(f"purchase:{purchase.pk}").first).to_be_visible()
    page.goto("/admin/wallet/purchase/")
    choose(page, "refund", note="paid twice")
    expect(page.get_by_text("Took back 1 of 1.")).to_be_visible()
    assert ledger.total(owner.id) == 0


def test_a_payout_is_approved_and_paid_and_another_rejected(
    page: Page, owner: Person, friend: Person
) -> None:
    earn(owner.user, 800)
    payout = payouts.request_payout(user_id=owner.id, coins=500, destination="ann@example.com")
    page.goto("/admin/wallet/payout/?status__exact=pending")
    expect(page.get_by_text("ann@example.com")).to_be_visible()
    choose(page, "approve", note="checked by phone")
    expect(page.get_by_text("Done for 1.")).to_be_visible()
    page.goto("/admin/wallet/payout/")
    choose(page, "mark_paid", note="transfer 4711")
    expect(page.get_by_text("Done for 1.")).to_be_visible()
    page.goto(f"/admin/wallet/payout/{payout.pk}/change/")
    expect(page.get_by_text("checked by phone")).to_be_visible()
    expect(page.get_by_text("transfer 4711")).to_be_visible()
    again = payouts.request_payout(user_id=owner.id, coins=300, destination="ann@example.com")
    page.goto("/admin/wallet/payout/?status__exact=pending")
    choose(page, "reject", note="unknown account")
    expect(page.get_by_text("Done for 1.")).to_be_visible()
    assert set(Payout.objects.values_list("pk", "status")) == {
        (payout.pk, "paid"),
        (again.pk, "rejected"),
    }
    assert ledger.total(owner.id) == 300


def test_payouts_are_exported_for_the_bank(page: Page, owner: Person) -> None:
    earn(owner.user, 800)
    payouts.request_payout(user_id=owner.id, coins=500, destination="ann@example.com")
    page.goto("/admin/wallet/payout/")
    with page.expect_download() as download:
        page.locator("#action-toggle").check()
        page.locator("select[name=action]").select_option("export_csv")
        page.get_by_role("button", name="Run").click()
    text = download.value.path().read_text()
    assert "ann@example.com" in text
    assert ",500,2.50," in text


def test_a_wallet_is_frozen_and_thawed(page: Page, owner: Person) -> None:
    freeze = Freeze.objects.create(user=owner.user, reason="many new accounts")
    page.goto("/admin/wallet/freeze/?q=owner")
    expect(page.get_by_text("many new accounts")).to_be_visible()
    assert ledger.is_frozen(owner.id)
    page.goto(f"/admin/wallet/freeze/{freeze.pk}/delete/")
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("was deleted successfully")).to_be_visible()
    assert not ledger.is_frozen(owner.id)


def test_the_page_says_when_the_books_were_last_proved(page: Page, purchase: Purchase) -> None:
    tasks.audit_ledger()
    page.goto("/admin/wallet/auditrun/")
    expect(page.get_by_text("the books balance").first).to_be_visible()
    page.get_by_role("link", name="Prove the books now").click()
    page.locator("#ask-form button[type=submit]").click()
    expect(page.get_by_text("Proved: the books balance.")).to_be_visible()
    expect(page.get_by_text("every balance is what its entries say")).to_be_visible()
    expect(page.get_by_text("holds", exact=True).first).to_be_visible()
