"""One-time codes: who gets one, how long it serves, and what a guesser can do."""

from datetime import timedelta

import pytest
import time_machine
from django.test import override_settings
from django.utils import timezone

from apps.contract import throttle
from apps.contract.answers import Refused, TooFast
from apps.users import budgets
from apps.users.models import OneTimeCode
from apps.users.services import codes
from tests.cast import Inbox, Person

Purpose = OneTimeCode.Purpose
PHONE = "+15551230000"
HOME, ELSEWHERE = "192.0.2.1", "192.0.2.2"


def ask(address: str = PHONE, *, purpose: Purpose = Purpose.PHONE, ip: str = HOME) -> None:
    codes.request_code(purpose=purpose, address=address, ip=ip)


def give(digits: str, *, ip: str = HOME, purpose: Purpose = Purpose.PHONE) -> None:
    codes.give_back(purpose=purpose, address=PHONE, digits=digits, ip=ip)


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 10 ** len(digits):0{len(digits)}}"


def test_a_code_given_back_proves_the_address_once(inbox: Inbox) -> None:
    ask()
    give(inbox.latest(PHONE))
    assert codes.is_proven(purpose=Purpose.PHONE, address=PHONE, ip=HOME)
    assert codes.use_proof(purpose=Purpose.PHONE, address=PHONE, ip=HOME)
    assert not codes.use_proof(purpose=Purpose.PHONE, address=PHONE, ip=HOME)


@pytest.mark.parametrize("digits", [4, 6])
def test_codes_are_random_and_have_as_many_digits_as_configured(inbox: Inbox, digits: int) -> None:
    with override_settings(CODE_DIGITS=digits, THROTTLE_ENABLED=False):
        for _ in range(30):
            ask()
    sent = inbox.codes[PHONE]
    assert {len(code) for code in sent} == {digits}
    assert len(set(sent)) > 20


def test_only_a_keyed_digest_is_kept(inbox: Inbox) -> None:
    ask()
    code = OneTimeCode.objects.get()
    assert len(code.digest) == 32
    assert inbox.latest(PHONE).encode() not in bytes(code.digest)


def test_a_code_serves_once(inbox: Inbox) -> None:
    ask()
    give(inbox.latest(PHONE))
    with pytest.raises(Refused):
        give(inbox.latest(PHONE))


def test_a_newer_code_ends_the_older(inbox: Inbox) -> None:
    ask()
    ask()
    older, newer = inbox.codes[PHONE]
    assert OneTimeCode.objects.count() == 1
    if older != newer:
        with pytest.raises(Refused):
            give(older)
    give(newer)


def test_a_code_serves_no_other_purpose_or_address(inbox: Inbox) -> None:
    ask()
    with pytest.raises(Refused):
        give(inbox.latest(PHONE), purpose=Purpose.PASSWORD)
    with pytest.raises(Refused):
        codes.give_back(
            purpose=Purpose.PHONE, address="+15551239999", digits=inbox.latest(PHONE), ip=HOME
        )


def test_after_five_tries_even_the_right_code_is_refused(inbox: Inbox) -> None:
    ask()
    right = inbox.latest(PHONE)
    for _ in range(5):
        with pytest.raises(Refused):
            give(wrong(right))
    with pytest.raises(Refused):
        give(right)


def test_a_code_lives_ten_minutes_and_its_proof_fifteen(inbox: Inbox) -> None:
    ask()
    with time_machine.travel(timezone.now() + timedelta(minutes=11)), pytest.raises(Refused):
        give(inbox.latest(PHONE))
    give(inbox.latest(PHONE))
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert not codes.is_proven(purpose=Purpose.PHONE, address=PHONE, ip=HOME)


def test_a_proof_serves_only_the_network_that_earned_it(inbox: Inbox) -> None:
    ask()
    give(inbox.latest(PHONE), ip="2001:db8:1:1::1")
    for other in (ELSEWHERE, "2001:db8:1:2::1", ""):
        assert not codes.use_proof(purpose=Purpose.PHONE, address=PHONE, ip=other)
    assert codes.use_proof(purpose=Purpose.PHONE, address=PHONE, ip="2001:db8:1:1::2")


def test_another_persons_change_of_address_has_a_code_of_its_own(
    inbox: Inbox, owner: Person, stranger: Person
) -> None:
    address = "new@example.com"
    for person in (owner, stranger):
        codes.request_code(
            purpose=Purpose.CHANGE_EMAIL, address=address, ip=HOME, user_id=person.id
        )
    assert OneTimeCode.objects.count() == 2
    codes.give_back(
        purpose=Purpose.CHANGE_EMAIL,
        address=address,
        digits=inbox.codes[address][0],
        ip=HOME,
        user_id=owner.id,
    )


def test_a_reset_code_goes_to_nobody_but_an_account(inbox: Inbox, owner: Person) -> None:
    ask("nobody@example.com", purpose=Purpose.PASSWORD)
    ask("owner@example.com", purpose=Purpose.PASSWORD)
    assert list(inbox.codes) == ["owner@example.com"]


def test_an_address_gets_five_codes_an_hour(inbox: Inbox) -> None:
    for number in range(5):
        ask(ip=f"192.0.2.{number}")
    with pytest.raises(TooFast):
        ask(ip="192.0.2.99")
    assert len(inbox.codes[PHONE]) == 5


def test_an_address_gets_ten_codes_a_day(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "PER_ADDRESS", budgets.PER_ADDRESS[1:])
    for number in range(10):
        ask(ip=f"192.0.2.{number}")
    with pytest.raises(TooFast):
        ask(ip="192.0.2.99")


@override_settings(CODES_PER_DAY=21)
def test_one_asker_and_everyone_together_have_a_budget(inbox: Inbox) -> None:
    for number in range(20):
        ask(f"+155512300{number:02}")
    with pytest.raises(TooFast):
        ask()
    ask(ip=ELSEWHERE)
    with pytest.raises(TooFast):
        ask("+15551230099", ip=ELSEWHERE)


def test_wrong_codes_are_counted_over_all_codes_of_an_address(inbox: Inbox) -> None:
    for _ in range(4):
        ask()
        for _ in range(5):
            with pytest.raises(Refused):
                give(wrong(inbox.latest(PHONE)))
    ask()
    with pytest.raises(TooFast):
        give(inbox.latest(PHONE))


@override_settings(REDIS_URL="redis://127.0.0.1:1/0")
def test_nothing_is_sent_uncounted(inbox: Inbox) -> None:
    throttle.limiter.cache_clear()
    try:
        with pytest.raises(Refused):
            ask()
    finally:
        throttle.limiter.cache_clear()
    assert inbox.codes == {}


def test_old_codes_are_forgotten(inbox: Inbox) -> None:
    from apps.users.services.delivery import forget_old_codes

    ask()
    forget_old_codes()
    assert OneTimeCode.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        forget_old_codes()
    assert not OneTimeCode.objects.exists()
