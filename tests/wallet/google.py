"""A double of Google Play's developer API, with the token endpoint that checks our signature."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import jwt

from tests.google_keys import write_key_file
from tests.wallet.double import Double

PACKAGE = "com.example.clips"
PRODUCT = "coins_500"
ORDER = "GPA.3372-4150-8203-17209"
AUDIENCE = "https://oauth2.googleapis.com/token"
TOKEN = "opaque-token.AO-J1Oy9Xb2k3"


class GooglePlay(Double):
    """`purchases` maps tokens to what purchases.products answers."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.purchases: dict[str, dict[str, Any]] = {}
        self.products: dict[str, str] = {}
        self.voided_orders: list[str] = []
        self.page_size = 1000
        self.bearer = "bearer-1"
        self.account_file = folder / "google.json"
        self.key = write_key_file(
            self.account_file,
            email="store@clips.iam.gserviceaccount.com",
            token_url=f"{self.url}/token",
        )

    def sell(self, token: str = TOKEN, product: str = PRODUCT, **changes: Any) -> None:
        bought = {
            "kind": "androidpublisher#productPurchase",
            "orderId": ORDER,
            "purchaseState": 0,
            "consumptionState": 0,
            "acknowledgementState": 0,
            "purchaseTimeMillis": "1760000000000",
        }
        merged = {k: v for k, v in (bought | changes).items() if v is not None}
        self.purchases[token], self.products[token] = merged, product

    def answer(self, method: str, path: str, body: bytes, headers: Any) -> tuple[int, bytes]:
        if path == "/token":
            return self.sign_in(parse_qs(body.decode()))
        if headers["Authorization"] != f"Bearer {self.bearer}":
            return 401, b"{}"
        prefix = f"/androidpublisher/v3/applications/{PACKAGE}/"
        if not path.startswith(prefix):
            return 404, b'{"error": {"errors": [{"reason": "applicationNotFound"}]}}'
        rest, _, query = path.removeprefix(prefix).partition("?")
        if rest.startswith("orders/"):
            return self.order(unquote(rest.removeprefix("orders/")))
        if rest == "purchases/voidedpurchases":
            return self.voided(parse_qs(query))
        return self.product(method, *rest.removeprefix("purchases/products/").split("/tokens/"))

    def sign_in(self, form: dict[str, list[str]]) -> tuple[int, bytes]:
        assertion, key = form["assertion"][0], self.key.public_key()
        jwt.decode(assertion, key, algorithms=["RS256"], audience=AUDIENCE)
        return 200, json.dumps({"access_token": self.bearer, "expires_in": 3600}).encode()

    def order(self, order_id: str) -> tuple[int, bytes]:
        for token, bought in self.purchases.items():
            if bought.get("orderId") == order_id:
                items = [{"productId": self.products[token]}]
                found = {"orderId": order_id, "purchaseToken": token, "lineItems": items}
                return 200, json.dumps(found | {"state": "PROCESSED"}).encode()
        return 404, b'{"error": {"code": 404}}'

    def product(self, method: str, product: str, token: str) -> tuple[int, bytes]:
        token, _, verb = unquote(token).partition(":")
        bought = self.purchases.get(token)
        if bought is None or self.products[token] != product:
            return 400, b'{"error": {"code": 400, "message": "Invalid Value"}}'
        if verb == "acknowledge":
            bought["acknowledgementState"] = 1
        if verb == "consume":
            assert bought["acknowledgementState"], "consumed before it was acknowledged"
            bought["consumptionState"] = 1
        return 200, b"" if method == "POST" else json.dumps(bought).encode()

    def voided(self, query: dict[str, list[str]]) -> tuple[int, bytes]:
        first = int(query.get("token", ["0"])[0])
        orders = self.voided_orders[first : first + self.page_size]
        found: dict[str, Any] = {"voidedPurchases": [{"orderId": order} for order in orders]}
        if first + self.page_size < len(self.voided_orders):
            found["tokenPagination"] = {"nextPageToken": str(first + self.page_size)}
        return 200, json.dumps(found).encode()
