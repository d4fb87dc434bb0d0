"""Google Play: a purchase token, or the order of a bare order id, is looked up in Google's API.

Sources: https://developers.google.com/android-publisher/api-ref/rest/v3/ : orders,
purchases.products, purchases.voidedpurchases.
"""

import logging
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

import httpx
import orjson
from django.conf import settings

from apps.contract.answers import Refused
from apps.wallet.models import CoinPackage
from apps.wallet.stores.shape import DAYS_OF_PATIENCE, Order, Receipt, StoreAway
from config.google import ServiceAccount

logger = logging.getLogger(__name__)
UNKNOWN = "Google does not know this purchase. You have not been given any coins."
UNPAID = "This purchase was refunded. You have not been given any coins."
NOT_YET = "This purchase is not paid yet. Your coins will come by themselves when it is."
FOR_SOMETHING_ELSE = "This purchase is for something else. You have not been given any coins."
AWAY = (
    "Google can't be asked right now. Your purchase is not lost: the coins will come by themselves."
)
SCOPE = "https://www.googleapis.com/auth/androidpublisher"
TIMEOUT_S = 10
ORDER_ID = re.compile(r"GPA\.[0-9A-Za-z.-]{8,60}")
TOKEN = re.compile(r"[0-9A-Za-z._-]{20,1500}")
PURCHASED, CANCELED, PENDING = 0, 1, 2  # purchaseState; absent means 0
TESTER = 0  # purchaseType; absent for a purchase that was paid
MAX_PAGES = 100
WRONG_PACKAGE = b"applicationNotFound"  # our setting is wrong, not the buyer's purchase


class NotThere(Exception):
    """Google knows no such thing."""


class GoogleStore:
    name = "google"
    patience = DAYS_OF_PATIENCE

    def verify(self, order: Order) -> Receipt:
        product = order.package.android_product_id
        try:
            token = order.proof or token_of(order.transaction_id, order.package)
            if not product or not TOKEN.fullmatch(token):
                raise Refused(UNKNOWN)
            bought = ask("GET", product_path(product, token))
        except NotThere as error:
            raise Refused(UNKNOWN) from error
        check(bought)
        # A promotion's purchase has no order.
        return Receipt(text(bought, "orderId") or token, handle=f"{product}/{token}")

    def finish(self, handle: str) -> None:
        """Acknowledge, or Google gives the money back after three days; then consume, so that
        the same product can be bought again."""
        product, _, token = handle.partition("/")
        path = product_path(product, token)
        try:
            bought = ask("GET", path)
            if bought.get("purchaseState", PURCHASED) != PURCHASED:
                return
            if not bought.get("acknowledgementState"):
                ask("POST", f"{path}:acknowledge")
            if not bought.get("consumptionState"):
                ask("POST", f"{path}:consume")
        except NotThere:
            logger.warning("Google has forgotten a purchase of %s before it was finished.", product)


def token_of(transaction_id: str, package: CoinPackage) -> str:
    """The purchase token of what the shipped app sends: an order id, or the token itself."""
    if not ORDER_ID.fullmatch(transaction_id):
        return transaction_id
    found = ask("GET", f"orders/{quote(transaction_id, safe='')}")
    if text(found, "orderId") != transaction_id:
        raise Refused(UNKNOWN)
    items = found.get("lineItems")
    products = [text(item, "productId") for item in items] if isinstance(items, list) else []
    if products != [package.android_product_id]:
        raise Refused(FOR_SOMETHING_ELSE)
    return text(found, "purchaseToken")


def check(bought: dict[str, Any]) -> None:
    """Raises Refused, or StoreAway for what may still be paid."""
    state = bought.get("purchaseState", PURCHASED)
    if state == PENDING:
        raise StoreAway(NOT_YET)
    if state != PURCHASED:
        raise Refused(UNPAID)
    kind, allowed = bought.get("purchaseType"), settings.GOOGLE_PLAY_TESTERS
    if kind is not None and not (kind == TESTER and allowed):
        raise Refused(FOR_SOMETHING_ELSE)
    if bought.get("quantity", 1) != 1:
        raise Refused(FOR_SOMETHING_ELSE)


def voided() -> Iterator[list[str]]:
    """The ids of what Google has refunded or charged back in the last 30 days, by pages."""
    page = ""
    for _ in range(MAX_PAGES):
        found = ask("GET", f"purchases/voidedpurchases?maxResults=1000{page}")
        rows = found.get("voidedPurchases", [])
        if not isinstance(rows, list):
            raise StoreAway(AWAY)
        yield [i for row in rows if (i := text(row, "orderId") or text(row, "purchaseToken"))]
        paging = found.get("tokenPagination")
        following = text(paging, "nextPageToken")
        if not following:
            return
        page = f"&token={quote(following, safe='')}"


def product_path(product: str, token: str) -> str:
    return f"purchases/products/{quote(product, safe='')}/tokens/{quote(token, safe='')}"


def ask(method: str, path: str) -> dict[str, Any]:
    """What Google's API answers. Raises NotThere, and StoreAway when there is no answer."""
    base = f"{settings.GOOGLE_PLAY_API_URL}/androidpublisher/v3/applications"
    try:
        response = httpx.request(
            method,
            f"{base}/{settings.GOOGLE_PLAY_PACKAGE}/{path}",
            headers=account(settings.GOOGLE_PLAY_SERVICE_ACCOUNT_FILE).headers(),
            timeout=TIMEOUT_S,
        )
    except Exception as error:  # the library of the sign-in says odd answers in many ways
        logger.error("Google's API gave no answer: %s", type(error).__name__)
        raise StoreAway(AWAY) from error
    if response.status_code in (400, 404, 410) and WRONG_PACKAGE not in response.content:
        raise NotThere
    if not response.is_success:
        if response.status_code == httpx.codes.UNAUTHORIZED:
            account(settings.GOOGLE_PLAY_SERVICE_ACCOUNT_FILE).forget_token()
        logger.error("Google's API answered with status %s.", response.status_code)
        raise StoreAway(AWAY)
    return read(response.content)


def read(content: bytes) -> dict[str, Any]:
    """An object; acknowledging and consuming answer with nothing."""
    try:
        found = orjson.loads(content or b"{}")
    except orjson.JSONDecodeError as error:
        raise StoreAway(AWAY) from error
    if not isinstance(found, dict):
        raise StoreAway(AWAY)
    return found


def text(found: Any, key: str) -> str:
    value = found.get(key) if isinstance(found, dict) else None
    return value if isinstance(value, str) else ""


@cache
def account(file: str) -> ServiceAccount:
    return ServiceAccount(file, scope=SCOPE, timeout_s=TIMEOUT_S)
