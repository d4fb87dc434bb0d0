"""Firebase ID tokens, verified with PyJWT against Google's published keys."""

import logging
from functools import cache

import jwt
from django.conf import settings

logger = logging.getLogger(__name__)
KEYS_LIFESPAN_S = 3600
KEYS_TIMEOUT_S = 5


@cache
def signing_keys(url: str) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(url, lifespan=KEYS_LIFESPAN_S, timeout=KEYS_TIMEOUT_S)


def verified_subject(token: str) -> str | None:
    """The Firebase uid of a valid token, or None. Signature, expiry, issuer and audience count.

    Source: https://firebase.google.com/docs/auth/admin/verify-id-tokens
    """
    project = settings.FIREBASE_PROJECT_ID
    if not project:
        return None
    try:
        key = signing_keys(settings.FIREBASE_JWKS_URL).get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=project,
            issuer=f"https://securetoken.google.com/{project}",
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
    except jwt.PyJWKClientConnectionError:
        logger.exception("Firebase's keys can't be fetched from %s", settings.FIREBASE_JWKS_URL)
        return None
    except jwt.PyJWTError:
        return None
    return claims["sub"] or None
