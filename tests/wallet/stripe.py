"""A double of Stripe's API, reached through Stripe's own library, which signs its webhooks."""

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import parse_qsl

from tests.wallet.double import Double

SECRET_KEY = "sk_test_double"
WEBHOOK_SECRET = "whsec_double"
CARD = {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034}
DECLINED = {"error": {"type": "card_error", "code": "card_declined", "message": "No money."}}
STATUS = {"tok_3ds": "requires_action", "tok_slow": "processing"}


def error(message: str, kind: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"type": kind, "message": message, "code": "resource_missing"}}


def signed(event: dict[str, Any], secret: str = WEBHOOK_SECRET, at: int = 0) -> tuple[bytes, str]:
    """A webhook's body and its Stripe-Signature."""
    body, moment = json.dumps(event).encode(), at or int(time.time())
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={moment},v1={digest}"


def event(kind: str, about: dict[str, Any], created: int = 0) -> dict[str, Any]:
    moment = created or int(time.time())
    return {
        **{"id": "evt_1", "object": "event", "type": kind, "created": moment},
        "data": {"object": about},
    }


class Stripe(Double):
    def __init__(self) -> None:
        super().__init__()
        self.intents: dict[str, dict[str, Any]] = {}
        self.methods: dict[str, dict[str, Any]] = {}
        self.setups: dict[str, dict[str, Any]] = {}
        self.customers = 0
        self.used: set[str] = set()
        self.remembered: dict[str, tuple[dict[str, str], tuple[int, bytes]]] = {}
        self.bodies: list[str] = []

    def method(self, method_id: str, customer: str | None = None) -> None:
        """A card that Stripe's code on a phone has made."""
        self.methods[method_id] = {
            **{"id": method_id, "object": "payment_method", "customer": customer, "card": CARD},
            "billing_details": {"name": None},
        }

    def answer(self, method: str, path: str, body: bytes, headers: Any) -> tuple[int, bytes]:
        assert headers["Authorization"] == f"Bearer {SECRET_KEY}"
        self.bodies.append(body.decode())
        form, key = dict(parse_qsl(body.decode())), headers.get("Idempotency-Key")
        if method == "POST" and key in self.remembered:
            asked_before, answer = self.remembered[key]
            if asked_before != form:
                return 400, json.dumps(error("Keys differ.", "idempotency_error")).encode()
            return answer
        status, found = self.route(method, path.removeprefix("/v1/").split("/"), form)
        answer = status, json.dumps(found).encode()
        if method == "POST" and key:
            self.remembered[key] = form, answer
        return answer

    def route(self, method: str, path: list[str], form: dict[str, str]) -> tuple[int, Any]:
        match method, path:
            case "POST", ["payment_intents"]:
                return self.pay(form)
            case "GET", ["payment_intents", known] if known in self.intents:
                return 200, self.intents[known]
            case "POST", ["customers"]:
                self.customers += 1
                return 200, {"id": f"cus_{self.customers}", "object": "customer"}
            case "POST", ["setup_intents"]:
                return 200, self.set_up(form["customer"])
            case "GET", ["setup_intents", known] if known in self.setups:
                return 200, self.setups[known]
            case "POST", ["payment_methods"]:
                made = form["card[token]"].replace("tok_", "pm_")
                self.method(made)
                return 200, self.methods[made]
            case "GET", ["payment_methods", known] if known in self.methods:
                return 200, self.methods[known]
            case "POST", ["payment_methods", known, verb] if known in self.methods:
                return self.move(self.methods[known], form.get("customer"), verb)
        return 404, error("No such thing.")

    def pay(self, form: dict[str, str]) -> tuple[int, Any]:
        token = form.get("payment_method_data[card][token]") or form["payment_method"]
        saved = self.methods.get(token)
        if token in self.used or (saved and saved["customer"] != form.get("customer")):
            return 400, error("Used before.")
        if token.startswith("tok_decline"):
            return 402, DECLINED
        if not saved:
            self.used.add(token)
        status = STATUS.get(token, "succeeded")
        intent = {
            **{"id": f"pi_{len(self.intents) + 1}", "object": "payment_intent"},
            **{"amount": int(form["amount"]), "currency": form["currency"], "status": status},
            "amount_received": int(form["amount"]) if status == "succeeded" else 0,
            "client_secret": "pi_secret",
            "metadata": {"user_id": form["metadata[user_id]"], "key": form["metadata[key]"]},
        }
        self.intents[intent["id"]] = intent
        return 200, intent

    def succeed(self, intent_id: str) -> dict[str, Any]:
        intent = self.intents[intent_id]
        intent.update(status="succeeded", amount_received=intent["amount"])
        return intent

    def set_up(self, customer: str) -> dict[str, Any]:
        setup = {
            **{"id": f"seti_{len(self.setups) + 1}", "object": "setup_intent"},
            **{"status": "requires_payment_method", "customer": customer},
            **{"client_secret": "seti_secret", "payment_method": None},
        }
        self.setups[setup["id"]] = setup
        return setup

    def confirm(self, setup_id: str, method_id: str) -> None:
        """What the app's Stripe code does with a card's number."""
        self.method(method_id, self.setups[setup_id]["customer"])
        self.setups[setup_id].update(status="succeeded", payment_method=method_id)

    def move(self, method: dict[str, Any], customer: str | None, verb: str) -> tuple[int, Any]:
        if verb == "attach" and method["customer"] not in (None, customer):
            return 400, error("It belongs to another customer.")
        method["customer"] = customer if verb == "attach" else None
        return 200, method
