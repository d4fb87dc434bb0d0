"""Any order of buying, refunding, giving, retrying and cashing out agrees with a model."""

from typing import Any

from django.db import connection, transaction
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from apps.contract.answers import Refused
from apps.gifts.models import Gift, SentGift
from apps.gifts.services import send_gift
from apps.users.models import Block, User
from apps.wallet import ledger
from apps.wallet.models import Account, CoinPackage, Payout, Purchase
from apps.wallet.services import payouts
from apps.wallet.services.purchases import purchase_coins
from apps.wallet.services.refunds import collect_debts, refund_purchase, restore_purchase
from tests.books import balance, broken_rules

PEOPLE = st.integers(0, 2)
PACKS = [10, 50]
PRICES = [1, 7]


class Books(RuleBasedStateMachine):
    """The model: coins bought, coins earned, what each key sent, which store transactions ran."""

    @initialize(share=st.sampled_from([0, 33, 50]), start=st.integers(20, 60))
    def open(self, share: int, start: int) -> None:
        self.world = transaction.atomic()
        self.world.__enter__()
        self.settings = override_settings(
            DEMO_STORE=True, GIFT_PLATFORM_SHARE_PERCENT=share, PAYOUT_MIN_COINS=1
        )
        self.settings.enable()
        self.share = share
        self.people = [User.objects.create_user(name) for name in ("ann", "ben", "cleo")]
        self.gifts = [Gift.objects.create(title=str(p), coin=p, image="x") for p in PRICES]
        for coins in PACKS:
            CoinPackage.objects.create(title=str(coins), coins=coins, price=1)
        for person in self.people:
            ledger.give(user_id=person.id, coins=start, key=f"start:{person.id}")
        self.given = start * 3
        self.bought = [start, start, start]
        self.earned = [0, 0, 0]
        self.owed = [0, 0, 0]
        self.held: list[int | None] = [None, None, None]
        self.paid_out = 0
        self.platform = 0
        self.keys: dict[tuple[int, str], tuple[int, int, int]] = {}
        self.sold: dict[str, tuple[int, int]] = {}
        self.refunded: dict[str, tuple[int, int, int]] = {}
        self.blocks: set[frozenset[int]] = set()
        self.sent = 0

    def teardown(self) -> None:
        if hasattr(self, "world"):
            assert broken_rules() == []
            self.settings.disable()
            connection.set_rollback(True)
            self.world.__exit__(None, None, None)

    @rule(who=PEOPLE, coins=st.sampled_from([*PACKS, 11]), order=st.sampled_from("abcdefgh"))
    def buy(self, who: int, coins: int, order: str) -> None:
        sells = coins in PACKS and order not in self.sold
        assert sells == succeeds(
            purchase_coins,
            user_id=self.people[who].id,
            device=Purchase.Device.IOS,
            coins=coins,
            transaction_id=order,
        )
        if sells:
            self.sold[order] = (who, coins)
            self.bought[who] += coins
            self.owed[who] -= self.take(who, self.owed[who])

    def take(self, who: int, coins: int) -> int:
        from_bought = min(coins, self.bought[who])
        from_earned = min(coins - from_bought, self.earned[who])
        self.bought[who] -= from_bought
        self.earned[who] -= from_earned
        return from_bought + from_earned

    @rule(order=st.sampled_from("abcdefgh"))
    def refund(self, order: str) -> None:
        if order not in self.sold:
            return
        purchase = Purchase.objects.get(transaction_id=order)
        first = order not in self.refunded
        assert refund_purchase(purchase_id=purchase.id, note="") == first
        if first:
            who, coins = self.sold[order]
            bought, earned = self.bought[who], self.earned[who]
            owed = coins - self.take(who, coins)
            self.refunded[order] = (bought - self.bought[who], earned - self.earned[who], owed)
            self.owed[who] += owed

    @rule(order=st.sampled_from("abcdefgh"))
    def reverse_a_refund(self, order: str) -> None:
        if order not in self.sold:
            return
        purchase = Purchase.objects.get(transaction_id=order)
        taken = self.refunded.pop(order, None)
        assert restore_purchase(purchase_id=purchase.id, note="") == (taken is not None)
        if taken:
            who, (bought, earned, owed) = self.sold[order][0], taken
            repaid = max(0, owed - self.owed[who])
            self.owed[who] -= owed - repaid
            self.bought[who] += bought + repaid
            self.earned[who] += earned

    @rule()
    def collect(self) -> None:
        repaid = [self.take(who, self.owed[who]) for who in range(3)]
        self.owed = [owed - part for owed, part in zip(self.owed, repaid, strict=True)]
        assert collect_debts() == sum(repaid)

    @rule(who=PEOPLE, coins=st.integers(0, 30))
    def ask_for_a_payout(self, who: int, coins: int) -> None:
        answered = succeeds(
            payouts.request_payout, user_id=self.people[who].id, coins=coins, destination="a"
        )
        assert answered == (
            self.held[who] is None and 0 < coins <= self.earned[who] and not self.owed[who]
        )
        if answered:
            self.held[who] = coins
            self.earned[who] -= coins

    @rule(who=PEOPLE, pays=st.booleans())
    def decide(self, who: int, pays: bool) -> None:
        coins = self.held[who]
        if coins is None:
            return
        payout = Payout.objects.get(user=self.people[who], status="pending")
        by = {"payout_id": payout.id, "operator_id": self.people[0].id}
        if pays:
            payouts.approve(**by)
            payouts.mark_paid(**by)
            self.paid_out += coins
        else:
            payouts.reject(**by)
            self.earned[who] += coins
        self.held[who] = None

    @rule(
        sender=PEOPLE,
        receiver=PEOPLE,
        gift=st.integers(0, 1),
        count=st.integers(1, 9),
        key=st.sampled_from(["", "", "k1", "k2"]),
    )
    def give(self, sender: int, receiver: int, gift: int, count: int, key: str) -> None:
        answered = succeeds(
            send_gift,
            sender_id=self.people[sender].id,
            receiver_id=self.people[receiver].id,
            gift_id=self.gifts[gift].id,
            count=count,
            key=key,
        )
        asked = (receiver, gift, count)
        if sender != receiver and (sender, key) in self.keys:
            assert answered == (self.keys[sender, key] == asked)
            return
        coins = PRICES[gift] * count
        assert answered == (
            sender != receiver
            and frozenset((sender, receiver)) not in self.blocks
            and not self.owed[sender]
            and coins <= self.bought[sender] + self.earned[sender]
        )
        if answered:
            self.pay(sender, receiver, coins)
            if key:
                self.keys[sender, key] = asked

    def pay(self, sender: int, receiver: int, coins: int) -> None:
        from_bought = min(coins, self.bought[sender])
        self.bought[sender] -= from_bought
        self.earned[sender] -= coins - from_bought
        share = coins * self.share // 100
        self.earned[receiver] += coins - share
        self.platform += share
        self.sent += 1

    @rule(sender=PEOPLE, count=st.integers(1, 9))
    def give_to_the_next(self, sender: int, count: int) -> None:
        self.give(sender=sender, receiver=(sender + 1) % 3, gift=1, count=count, key="")

    @rule(who=PEOPLE, other=PEOPLE)
    def block_or_unblock(self, who: int, other: int) -> None:
        pair = frozenset((who, other))
        if pair in self.blocks:
            Block.objects.filter(blocker__in=self.both(pair), blocked__in=self.both(pair)).delete()
        elif who != other:
            Block.objects.create(blocker=self.people[who], blocked=self.people[other])
        self.blocks ^= {pair} if who != other else set()

    def both(self, pair: frozenset[int]) -> list[User]:
        return [self.people[index] for index in pair]

    @rule()
    def settle_everything(self) -> None:
        ledger.settle_all()

    @rule(who=PEOPLE)
    def settle_one(self, who: int) -> None:
        ledger.settle(ledger.account_id(owner_id=self.people[who].id, kind=Account.Kind.EARNED))

    @invariant()
    def wallets_agree_with_the_model(self) -> None:
        if not hasattr(self, "world"):
            return
        for person, bought, earned in zip(self.people, self.bought, self.earned, strict=True):
            assert balance(person, Account.Kind.BOUGHT) == bought
            assert ledger.total(person.id) == bought + earned
        assert SentGift.objects.count() == self.sent
        in_wallets = sum(self.bought) + sum(self.earned)
        held = sum(coins or 0 for coins in self.held)
        sold = Purchase.objects.filter(refunded_at=None).values_list("coins", flat=True)
        elsewhere = self.platform + held + self.paid_out - sum(self.owed)
        assert in_wallets + elsewhere == self.given + sum(sold)


def succeeds(service: Any, **arguments: Any) -> bool:
    try:
        service(**arguments)
    except Refused:
        return False
    return True


def test_any_history_agrees_with_the_model() -> None:
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
