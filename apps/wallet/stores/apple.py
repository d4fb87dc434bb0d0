"""Apple: a signed transaction is verified offline, a bare id is looked up in Apple's API.

What the API answers is signed as well and goes through the same verification.
"""

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import requests
from appstoreserverlibrary.api_client import APIError, APIException, AppStoreServerAPIClient
from appstoreserverlibrary.models.Environment import Environment
from appstoreserverlibrary.models.JWSTransactionDecodedPayload import JWSTransactionDecodedPayload
from appstoreserverlibrary.models.NotificationTypeV2 import NotificationTypeV2
from appstoreserverlibrary.models.Type import Type
from appstoreserverlibrary.signed_data_verifier import SignedDataVerifier
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings

from apps.contract.answers import Refused
from apps.wallet.stores.shape import DAYS_OF_PATIENCE, Order, Receipt, StoreAway

logger = logging.getLogger(__name__)
UNKNOWN = "Apple does not know this purchase. You have not been given any coins."
UNPAID = "This purchase was refunded. You have not been given any coins."
FOR_SOMETHING_ELSE = "This purchase is for something else. You have not been given any coins."
AWAY = (
    "Apple can't be asked right now. Your purchase is not lost: the coins will come by themselves."
)
NO_KEY = "Apple can't be asked here. You have not been given any coins."
TAKEN_BACK = {NotificationTypeV2.REFUND, NotificationTypeV2.REVOKE}
GIVEN_BACK = {NotificationTypeV2.REFUND_REVERSED}
TIMEOUT_S = 10


class NotFromApple(Exception):
    """A text that Apple has not signed, or not for this app."""


class AppleStore:
    name = "apple"
    patience = DAYS_OF_PATIENCE

    def verify(self, order: Order) -> Receipt:
        try:
            paid = signed_transaction(order.proof or look_up(order.transaction_id))
        except NotFromApple as error:
            raise Refused(UNKNOWN) from error
        if not paid.transactionId or (
            not order.proof and paid.transactionId != order.transaction_id
        ):
            raise Refused(UNKNOWN)
        if paid.revocationDate is not None:
            raise Refused(UNPAID)
        right = (paid.productId, paid.type, paid.quantity)
        if right != (order.package.ios_product_id, Type.CONSUMABLE, 1):
            raise Refused(FOR_SOMETHING_ELSE)
        return Receipt(paid.transactionId)

    def finish(self, handle: str) -> None:
        """Nothing to do: the app finishes Apple's transactions on the phone."""


def look_up(transaction_id: str) -> str:
    """What Apple's API says of a transaction, still signed. Raises Refused."""
    if not re.fullmatch(r"[0-9]{1,40}", transaction_id):
        raise Refused(UNKNOWN)
    if not settings.APPLE_KEY_FILE:
        raise Refused(NO_KEY)
    try:
        found = api().get_transaction_info(transaction_id).signedTransactionInfo
    except APIException as error:
        if error.api_error == APIError.TRANSACTION_ID_NOT_FOUND:
            raise Refused(UNKNOWN) from error
        logger.error("Apple's API answered with status %s.", error.http_status_code)
        raise StoreAway(AWAY) from error
    except Exception as error:  # whatever comes out of an answer that makes no sense
        logger.error("Apple's API gave no answer: %s", type(error).__name__)
        raise StoreAway(AWAY) from error
    if not found:
        raise StoreAway(AWAY)
    return found


def signed_transaction(signed: str) -> JWSTransactionDecodedPayload:
    """A transaction that Apple has signed for this app. Raises NotFromApple."""
    try:
        return verifier().verify_and_decode_signed_transaction(signed)
    except Exception as error:  # the library's own, and what its decoder says of odd types
        raise NotFromApple from error


@dataclass(frozen=True)
class News:
    """What Apple tells of a transaction: its refund, or that the refund was reversed."""

    transaction_id: str
    is_reversed: bool
    happened_at: datetime


def read_notification(notification: str) -> News | None:
    """What Apple announces, or None for what changes no coins. Raises NotFromApple."""
    try:
        told = verifier().verify_and_decode_notification(notification)
    except Exception as error:
        raise NotFromApple from error
    if told.notificationType not in TAKEN_BACK | GIVEN_BACK or told.data is None:
        return None
    transaction_id = signed_transaction(told.data.signedTransactionInfo or "").transactionId
    if not transaction_id:
        return None
    return News(
        transaction_id=transaction_id,
        is_reversed=told.notificationType in GIVEN_BACK,
        happened_at=datetime.fromtimestamp((told.signedDate or 0) / 1000, UTC),
    )


class Client(AppStoreServerAPIClient):
    """The library's client with a shorter patience, and an address that can be set."""

    def _get_full_url(self, path: str) -> str:
        return (settings.APPLE_API_URL or self._base_url) + path

    def _execute_request(  # noqa: PLR0917 - the library's own signature
        self, method: str, url: str, params: Any, headers: Any, json: Any, data: Any
    ) -> requests.Response:
        return requests.request(
            method, url, params=params, headers=headers, json=json, data=data, timeout=TIMEOUT_S
        )


def api() -> Client:
    return Client(
        signing_key=Path(settings.APPLE_KEY_FILE).read_bytes(),
        key_id=settings.APPLE_KEY_ID,
        issuer_id=settings.APPLE_ISSUER_ID,
        bundle_id=settings.APPLE_BUNDLE_ID,
        environment=Environment(settings.APPLE_ENVIRONMENT),
    )


def verifier() -> SignedDataVerifier:
    return SignedDataVerifier(
        root_certificates=[root(path) for path in settings.APPLE_ROOT_CERTIFICATE_FILES],
        enable_online_checks=False,
        environment=Environment(settings.APPLE_ENVIRONMENT),
        bundle_id=settings.APPLE_BUNDLE_ID,
        app_apple_id=settings.APPLE_APP_ID,
    )


@cache
def root(path: str) -> bytes:
    """A root certificate as DER; Apple offers them as .cer, which is that."""
    content = Path(path).read_bytes()
    if content.startswith(b"-----BEGIN"):
        return x509.load_pem_x509_certificate(content).public_bytes(Encoding.DER)
    return content
