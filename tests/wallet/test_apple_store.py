"""purchaseCoin against a double of Apple, through the code that asks the real one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from apps.wallet import ledger, tasks
from apps.wallet.models import Account, CoinPackage, Purchase
from apps.wallet.services.refunds import collect_debts
from apps.wallet.stores import apple
from tests.books import balance, earn
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.wallet.apple import BUNDLE, AppleServer, Signer, now_ms
from tests.wallet.test_refunds import spend

ID = "2000000123456789"
NOTICES = "/api/stores/apple/notifications"


@pytest.fixture
def apple_server(tmp_path: Path) -> Iterator[AppleServer]:
    server = AppleServer(tmp_path)
    yield server
    server.close()


@pytest.fixture(autouse=True)
def _apple_store(settings: Settings, package: CoinPackage, apple_server: AppleServer) -> None:
    CoinPackage.objects.update(ios_product_id="buy500Coins")
    settings.DEMO_STORE = False
    settings.APPLE_BUNDLE_ID = BUNDLE
    settings.APPLE_ENVIRONMENT = "Sandbox"
    settings.APPLE_ROOT_CERTIFICATE_FILES = [str(apple_server.root_file)]
    settings.APPLE_KEY_FILE = str(apple_server.key_file)
    settings.APPLE_KEY_ID = "KEY1"
    settings.APPLE_ISSUER_ID = "issuer"
    settings.APPLE_API_URL = apple_server.url


def buy(phone: Phone, by: Person, **changes: Any) -> dict[str, Any]:
    values = {"coin": "500", "price": "$4.99", "transaction_id": ID, "device": "iOS"}
    return phone.call("purchaseCoin", values | changes, by=by)


def test_a_bare_id_is_looked_up_and_credited_once(
    phone: Phone, owner: Person, friend: Person, apple_server: AppleServer
) -> None:
    apple_server.transactions[ID] = apple_server.signer.transaction(ID)
    answer = buy(phone, owner)
    assert answer["msg"]["User"]["wallet"] == 500
    assert_both_clients_parse("purchaseCoin", answer)
    assert (Purchase.objects.get().store, Purchase.objects.get().transaction_id) == ("apple", ID)
    path, authorization = apple_server.asked[0]
    assert path == f"/inApps/v1/transactions/{ID}"
    claims = jwt.decode(
        authorization.removeprefix("Bearer "),
        apple_server.signer.key.public_key(),
        algorithms=["ES256"],
        audience="appstoreconnect-v1",
    )
    assert (claims["bid"], claims["iss"]) == (BUNDLE, "issuer")
    assert buy(phone, owner)["code"] == 201
    assert buy(phone, friend)["code"] == 201
    assert (ledger.total(owner.id), ledger.total(friend.id)) == (500, 0)


def test_a_signed_transaction_is_verified_offline(
    phone: Phone, owner: Person, apple_server: AppleServer
) -> None:
    signed = apple_server.signer.transaction(ID)
    assert buy(phone, owner, signed_transaction=signed, transaction_id="7")["code"] == 200
    assert apple_server.asked == []
    assert Purchase.objects.get().transaction_id == ID
    apple_server.transactions[ID] = signed
    assert buy(phone, owner)["code"] == 201
    assert ledger.total(owner.id) == 500


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"productId": "buy100Coins"}, apple.FOR_SOMETHING_ELSE),
        ({"type": "Auto-Renewable Subscription"}, apple.FOR_SOMETHING_ELSE),
        ({"quantity": 2}, apple.FOR_SOMETHING_ELSE),
        ({"revocationDate": 1_700_000_000_000}, apple.UNPAID),
        ({"bundleId": "com.example.other"}, apple.UNKNOWN),
        ({"environment": "Production"}, apple.UNKNOWN),
        ({"transactionId": "999"}, apple.UNKNOWN),
        ({"quantity": "many"}, apple.UNKNOWN),
    ],
)
def test_a_transaction_that_is_not_for_this_is_refused(
    phone: Phone, owner: Person, apple_server: AppleServer, changes: Any, sentence: str
) -> None:
    apple_server.transactions[ID] = apple_server.signer.transaction(ID, **changes)
    assert buy(phone, owner) == {"code": 201, "msg": sentence}
    assert not Purchase.objects.exists()


def test_an_unknown_id_is_refused(phone: Phone, owner: Person) -> None:
    assert buy(phone, owner) == {"code": 201, "msg": apple.UNKNOWN}


def test_an_id_that_is_no_number_is_not_asked_for(
    phone: Phone, owner: Person, apple_server: AppleServer
) -> None:
    assert buy(phone, owner, transaction_id="../../history/1") == {
        "code": 201,
        "msg": apple.UNKNOWN,
    }
    assert apple_server.asked == []


def test_what_another_root_signed_is_refused(
    phone: Phone, owner: Person, apple_server: AppleServer
) -> None:
    forged = Signer().transaction(ID)
    assert buy(phone, owner, signed_transaction=forged) == {"code": 201, "msg": apple.UNKNOWN}
    apple_server.transactions[ID] = forged
    assert buy(phone, owner) == {"code": 201, "msg": apple.UNKNOWN}
    for text in ("a.b.c", "nonsense", forged[:-4] + "AAAA"):
        assert buy(phone, owner, signed_transaction=text)["code"] == 201
    assert ledger.total(owner.id) == 0


@pytest.mark.parametrize(
    "lie",
    [
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"signedTransactionInfo": 5}'),
        (500, b"{}"),
        (401, b""),
        (429, b'{"errorCode": 4290000, "errorMessage": "slow down"}'),
    ],
)
def test_an_answer_that_makes_no_sense_gives_nothing(
    phone: Phone, owner: Person, apple_server: AppleServer, lie: tuple[int, bytes]
) -> None:
    apple_server.answer = lie
    answer = buy(phone, owner)
    assert answer["code"] == 201
    assert answer["msg"] in (apple.AWAY, apple.UNKNOWN)
    assert not Purchase.objects.exists()


def test_what_apple_could_not_answer_is_asked_again_and_credited(
    phone: Phone, owner: Person, apple_server: AppleServer
) -> None:
    apple_server.transactions[ID] = apple_server.signer.transaction(ID)
    apple_server.answer = (500, b"{}")
    assert buy(phone, owner) == {"code": 201, "msg": apple.AWAY}
    apple_server.answer = None
    tasks.run_errands()
    assert ledger.total(owner.id) == 500


def test_a_silent_store_is_given_up_and_a_later_try_is_credited(
    phone: Phone, owner: Person, apple_server: AppleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    apple_server.transactions[ID] = apple_server.signer.transaction(ID)
    monkeypatch.setattr(apple, "TIMEOUT_S", 0.2)
    apple_server.silent.set()
    assert buy(phone, owner) == {"code": 201, "msg": apple.AWAY}
    monkeypatch.undo()
    apple_server.silent.clear()
    assert buy(phone, owner)["code"] == 200


def test_without_a_key_only_signed_transactions_count(
    phone: Phone, owner: Person, apple_server: AppleServer, settings: Settings
) -> None:
    settings.APPLE_KEY_FILE = ""
    assert buy(phone, owner) == {"code": 201, "msg": apple.NO_KEY}
    signed = apple_server.signer.transaction(ID)
    assert buy(phone, owner, signed_transaction=signed)["code"] == 200


def test_android_stays_closed(phone: Phone, owner: Person, apple_server: AppleServer) -> None:
    apple_server.transactions[ID] = apple_server.signer.transaction(ID)
    assert buy(phone, owner, device="android")["code"] == 201
    assert apple_server.asked == []


def tell(payload: Any) -> int:
    body = payload if isinstance(payload, bytes) else json.dumps({"signedPayload": payload})
    client = Client(enforce_csrf_checks=True)
    return client.post(NOTICES, body, content_type="application/json").status_code


def test_apples_news_of_a_refund_takes_the_coins_back_once(
    phone: Phone, owner: Person, apple_server: AppleServer
) -> None:
    buy(phone, owner, signed_transaction=apple_server.signer.transaction(ID))
    spend(owner, 200)
    for _ in range(2):
        assert tell(apple_server.signer.notification("REFUND", ID)) == 200
        assert ledger.total(owner.id) == 0
        assert balance(owner.user, Account.Kind.DEBT) == -200
    assert Purchase.objects.get().refund_note == "told by apple"


def test_a_refund_that_is_heard_of_before_the_purchase_prevents_the_credit(
    phone: Phone, owner: Person, apple_server: AppleServer
) -> None:
    signed = apple_server.signer.transaction(ID)
    assert tell(apple_server.signer.notification("REFUND", ID)) == 200
    assert buy(phone, owner, signed_transaction=signed)["code"] == 201
    assert ledger.total(owner.id) == 0


def test_a_reversed_refund_gives_the_coins_back_where_they_were_taken(
    phone: Phone, owner: Person, apple_server: AppleServer
) -> None:
    buy(phone, owner, signed_transaction=apple_server.signer.transaction(ID))
    spend(owner, 200)
    before = owner_totals(owner)
    tell(apple_server.signer.notification("REFUND", ID, signed_at_ms=now_ms() - 2000))
    assert ledger.is_frozen(owner.id)
    for _ in range(2):
        reversal = apple_server.signer.notification("REFUND_REVERSED", ID)
        assert tell(reversal) == 200
        assert owner_totals(owner) == before
        assert balance(owner.user, Account.Kind.DEBT) == 0
    assert not ledger.is_frozen(owner.id)
    assert Purchase.objects.get().refund_note == "reversed by apple"


def test_a_debt_that_was_repaid_comes_back_as_coins_when_the_refund_is_reversed(
    phone: Phone, owner: Person, apple_server: AppleServer
) -> None:
    buy(phone, owner, signed_transaction=apple_server.signer.transaction(ID))
    spend(owner, 200)
    tell(apple_server.signer.notification("REFUND", ID, signed_at_ms=now_ms() - 2000))
    earn(owner.user, 150)
    collect_debts()
    assert balance(owner.user, Account.Kind.DEBT) == -50
    tell(apple_server.signer.notification("REFUND_REVERSED", ID, signed_at_ms=now_ms() - 1000))
    assert balance(owner.user, Account.Kind.DEBT) == 0
    assert balance(owner.user, Account.Kind.BOUGHT) == 450
    tell(apple_server.signer.notification("REFUND", ID))
    assert balance(owner.user, Account.Kind.DEBT) == -50


def test_a_refund_that_is_heard_of_after_its_reversal_takes_nothing(
    phone: Phone, owner: Person, apple_server: AppleServer
) -> None:
    signed = apple_server.signer.transaction(ID)
    early, late = now_ms() - 5000, now_ms()
    tell(apple_server.signer.notification("REFUND_REVERSED", ID, signed_at_ms=late))
    tell(apple_server.signer.notification("REFUND", ID, signed_at_ms=early))
    assert buy(phone, owner, signed_transaction=signed)["code"] == 200


def owner_totals(owner: Person) -> tuple[int, int]:
    return ledger.total(owner.id), ledger.call("wallet_all_time_coins", owner.id)


@pytest.mark.parametrize("kind", ["TEST", "CONSUMPTION_REQUEST", "SOMETHING_NEW"])
def test_other_news_changes_nothing(
    phone: Phone, owner: Person, apple_server: AppleServer, kind: str
) -> None:
    buy(phone, owner, signed_transaction=apple_server.signer.transaction(ID))
    assert tell(apple_server.signer.notification(kind, ID)) == 200
    assert ledger.total(owner.id) == 500


def test_news_that_apple_did_not_sign_is_refused(
    phone: Phone, owner: Person, apple_server: AppleServer, settings: Settings
) -> None:
    buy(phone, owner, signed_transaction=apple_server.signer.transaction(ID))
    other_app = apple_server.signer.notification("REFUND", ID, bundle="com.example.other")
    for payload in (Signer().notification("REFUND", ID), other_app, "x", None, b"[]", b"{"):
        assert tell(payload) == 400
    assert ledger.total(owner.id) == 500
    settings.APPLE_BUNDLE_ID = ""
    assert tell(apple_server.signer.notification("REFUND", ID)) == 503
    assert ledger.total(owner.id) == 500
