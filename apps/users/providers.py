"""Proofs of identity from Google, Apple, Facebook and Firebase: signed ID tokens (OpenID Connect).

PyJWT checks signature, expiry, issuer and audience against the provider's published keys.
Sources: https://developers.google.com/identity/openid-connect/openid-connect,
https://developer.apple.com/documentation/signinwithapple/verifying-a-user,
https://developers.facebook.com/docs/facebook-login/limited-login/token,
https://firebase.google.com/docs/auth/admin/verify-id-tokens
"""

import logging
from dataclasses import dataclass
from functools import cache

import jwt
from django.conf import settings

logger = logging.getLogger(__name__)
KEYS_LIFESPAN_S = 3600
KEYS_TIMEOUT_S = 5


@dataclass(frozen=True)
class Provider:
    """Where a provider's keys are, how it calls itself, and our names there (client ids)."""

    keys_url: str
    issuers: tuple[str, ...]
    audiences: tuple[str, ...]


@dataclass(frozen=True)
class Proof:
    """What a verified token says. `email` is empty unless the provider has verified it; `phone`
    (Firebase's only, in E.164) it has verified by an SMS."""

    subject: str
    email: str
    phone: str = ""


def configured() -> dict[str, Provider]:
    """The providers by name; one without client ids verifies nothing."""
    project = settings.FIREBASE_PROJECT_ID
    return {
        "google": Provider(
            settings.GOOGLE_JWKS_URL,
            ("https://accounts.google.com", "accounts.google.com"),
            tuple(settings.GOOGLE_CLIENT_IDS),
        ),
        "apple": Provider(
            settings.APPLE_JWKS_URL,
            ("https://appleid.apple.com",),
            tuple(settings.APPLE_CLIENT_IDS),
        ),
        "facebook": Provider(
            settings.FACEBOOK_JWKS_URL,
            ("https://www.facebook.com",),
            tuple(settings.FACEBOOK_CLIENT_IDS),
        ),
        "firebase": Provider(
            settings.FIREBASE_JWKS_URL,
            (f"https://securetoken.google.com/{project}",),
            (project,) if project else (),
        ),
    }


@cache
def signing_keys(url: str) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(url, lifespan=KEYS_LIFESPAN_S, timeout=KEYS_TIMEOUT_S)


def verify(provider_name: str, token: str) -> Proof | None:
    """What a valid token of that provider proves, or None."""
    provider = configured().get(provider_name)
    if provider is None or not provider.audiences or token.count(".") != 2:
        return None
    try:
        key = signing_keys(provider.keys_url).get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key,
            algorithms=["RS256", "ES256"],
            audience=list(provider.audiences),
            issuer=list(provider.issuers),
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
    except jwt.PyJWKClientConnectionError:
        logger.exception(
            "The keys of %s can't be fetched from %s", provider_name, provider.keys_url
        )
        return None
    except jwt.PyJWTError:
        return None
    verified = claims.get("email_verified") in (True, "true")
    phone = claims.get("phone_number", "") if provider_name == "firebase" else ""
    return Proof(claims["sub"], claims.get("email", "") if verified else "", phone)
