"""kill -9 in the middle of buying and giving: every acknowledged answer is in the books, once."""

import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.live.stack import wait_until
from tests.wallet.killing import COINS, GIFT_COIN, START_S, Load, OwnPostgres, Person, Web

PEOPLE, OPERATIONS_EACH = 4, 24
KILLS = {"web": 2, "postgres": 3}
DONE_S = 240


@pytest.fixture
def postgres(db: None) -> Iterator[OwnPostgres]:
    server = OwnPostgres()
    server.rows(
        "INSERT INTO wallet_coinpackage (title, coins, price, ios_product_id, android_product_id,"
        " \"order\", active) VALUES ('500 coins', %s, 4.99, '', '', 0, true)",
        COINS,
    )
    server.rows(
        'INSERT INTO gifts_gift (title, image, animation, sound, coin, type, "order", active)'
        " VALUES ('Rose', 'rose.png', '', '', %s, 'normal', 0, true)",
        GIFT_COIN,
    )
    yield server
    server.stop()


@pytest.fixture
def webs(postgres: OwnPostgres, tmp_path: Path, victim: str) -> Iterator[list[Web]]:
    """One of them lives to the end."""
    webs = [Web(postgres.url, tmp_path) for _ in range(KILLS["web"] + 1 if victim == "web" else 1)]
    try:
        for web in webs:
            wait_until(web.answers, within_s=START_S)
        yield webs
    finally:
        for web in webs:
            web.kill()


def sign_up(web: Web, name: str) -> Person:
    values = {"username": name, "email": f"{name}@example.com", "password": "secret-word-7"}
    answer = httpx.post(f"{web.url}/api/registerUser", json=values, timeout=60).json()
    assert answer["code"] == 200, answer
    return Person(answer["msg"]["User"]["id"], answer["msg"]["User"]["auth_token"])


@pytest.mark.parametrize("victim", ["web", "postgres"])
def test_every_acknowledged_coin_is_in_the_books_once(
    postgres: OwnPostgres, webs: list[Web], victim: str
) -> None:
    people = [sign_up(webs[0], f"person{number}") for number in range(PEOPLE)]
    [(gift_id,)] = postgres.rows("SELECT id FROM gifts_gift")
    load = Load(webs, people, gift_id, random.Random(7))
    threads = load.run(OPERATIONS_EACH)
    all_of_them = PEOPLE * OPERATIONS_EACH
    try:
        for number in range(KILLS[victim]):
            wait_until(load.has_done((number + 1) * all_of_them // 5), within_s=DONE_S)
            webs[number].kill() if victim == "web" else postgres.kill_a_backend()
        wait_until(load.has_done(all_of_them), within_s=DONE_S)
    finally:
        load.give_up.set()
        for thread in threads:
            thread.join()

    assert postgres.broken_rules() == []
    bought = postgres.rows("SELECT transaction_id FROM wallet_purchase")
    given = postgres.rows("SELECT key FROM wallet_transfer WHERE reason = 'gift'")
    keys = {
        "purchase": {key for (key,) in bought},
        "gift": {key.split(":")[-1] for (key,) in given},
    }
    assert [item for item in load.acknowledged if item[1] not in keys[item[0]]] == []
    assert len(bought) + len(given) == all_of_them
    for person in people:
        [(total,)] = postgres.rows("SELECT wallet_total(%s)", person.id)
        assert total == person.bought - person.sent + person.received
