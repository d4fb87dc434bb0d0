"""Who is asking. The accepted proofs, in order, are the setting MOBILE_IDENTITY.

The shipped builds prove themselves differently (contract/ios/NOTES.md "Transport",
contract/android/NOTES.md "Transport"): our token, a Firebase ID token, the bare Firebase uid,
or nothing but a user id in the body. The last two are for a trusted network only.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apps.contract.answers import NoIdentity, SessionEnded
from apps.users import callers
from apps.users.callers import Caller

GUEST_TEXTS = {"", "0", "null", "nil", "undefined"}
ACTOR_KEYS = ("user_id", "sender_id")

SIGN_IN_SENTENCE = "Please sign in first."
WRONG_TOKEN_SENTENCE = "Your sign-in was not recognised. Please sign in again."


def identify(request: HttpRequest, values: dict[str, Any]) -> Caller | None:
    """The caller, or None for a guest.

    Raises NoIdentity for a proof that belongs to nobody, SessionEnded for one that has ended.
    """
    proofs = list(dict.fromkeys(offered_proofs(request, values)))
    for kind in settings.MOBILE_IDENTITY:
        caller = FINDERS[kind](proofs, request, values)
        if caller is not None:
            return checked(caller)
    if proofs:
        raise NoIdentity(WRONG_TOKEN_SENTENCE)
    return None


def offered_proofs(request: HttpRequest, values: dict[str, Any]) -> Iterator[str]:
    """The texts that may prove an identity: Auth-Token header, bearer, body auth_token."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    candidates = (
        request.headers.get("Auth-Token", ""),
        bearer if scheme.lower() == "bearer" else "",
        values.get("auth_token"),
    )
    for candidate in candidates:
        if not isinstance(candidate, str) or "\x00" in candidate:
            continue
        if candidate.strip() not in GUEST_TEXTS:
            yield candidate.strip()


def by_token(proofs: list[str], request: HttpRequest, values: dict[str, Any]) -> Caller | None:
    return first(callers.by_token(proof) for proof in proofs)


def by_firebase_id_token(
    proofs: list[str], request: HttpRequest, values: dict[str, Any]
) -> Caller | None:
    return first(callers.by_firebase_id_token(proof) for proof in proofs if proof.count(".") == 2)


def by_firebase_uid(
    proofs: list[str], request: HttpRequest, values: dict[str, Any]
) -> Caller | None:
    return first(callers.by_firebase_uid(proof) for proof in proofs)


def by_user_id(proofs: list[str], request: HttpRequest, values: dict[str, Any]) -> Caller | None:
    candidates = [values.get(key) for key in ACTOR_KEYS] + [request.headers.get("User-Id")]
    ids = (int(text) for text in map(str, candidates) if text.isdecimal() and len(text) < 19)
    return first(callers.by_user_id(user_id) for user_id in ids if user_id)


FINDERS = {
    "token": by_token,
    "firebase-id-token": by_firebase_id_token,
    "firebase-uid": by_firebase_uid,
    "user-id": by_user_id,
}


def first(callers_found: Iterator[Caller | None]) -> Caller | None:
    return next((caller for caller in callers_found if caller is not None), None)


def checked(caller: Caller) -> Caller:
    if caller.ended:
        raise SessionEnded(caller.ended)
    return caller
