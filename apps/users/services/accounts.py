"""Sign-up and sign-in. Each is one transaction."""

import re
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

import phonenumbers
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from apps.contract.answers import Refused
from apps.users import providers, signals, tokens
from apps.users.callers import why_ended
from apps.users.models import USERNAME_PATTERN, ExternalIdentity, User
from apps.users.services import pictures

FIREBASE = ExternalIdentity.Provider.FIREBASE
REGISTER_FIRST = "No account was found. Please sign up first."
WRONG_PASSWORD = "The e-mail address or the password is wrong."
NAME_TAKEN = "This username is already taken."
EMAIL_TAKEN = "This e-mail address is already in use."
PHONE_TAKEN = "This phone number is already in use."
NAME_RULE = "A username has 2 to 30 letters, digits, underscores, dots or hyphens, and no spaces."
TAKEN_BY_CONSTRAINT = {
    "users_user_username": NAME_TAKEN,
    "users_user_email_once": EMAIL_TAKEN,
    "users_user_phone_once": PHONE_TAKEN,
}


@dataclass(frozen=True)
class SignedIn:
    """A person who has just proved who they are, and their new token."""

    user: User
    token: str
    token_id: int


@dataclass(frozen=True)
class SocialClaim:
    """An identity at a provider: `proven` by its signed token, or only claimed."""

    provider: str
    subject: str
    proven: bool
    email: str = ""
    phone: str = ""


def sign_in_with_password(*, name: str, password: str, platform: str = "") -> SignedIn:
    """Sign in by e-mail address or username. Unknown names take as long as wrong passwords."""
    user = User.objects.filter(
        Q(email__lower=name.lower()) | Q(username__lower=name.lower())
    ).first()
    if user is None:
        User().set_password(password)
        raise Refused(WRONG_PASSWORD)
    if not user.check_password(password):
        raise Refused(WRONG_PASSWORD)
    return signed_in(user, platform)


def sign_in_with_identity(*, claim: SocialClaim, platform: str = "") -> SignedIn | None:
    """The person behind a provider's account, or None if nobody has signed up with it."""
    identity = (
        ExternalIdentity.objects.select_related("user")
        .filter(provider=claim.provider, subject=claim.subject)
        .first()
    )
    if identity is None:
        return None
    if claim.proven and not identity.proven:
        prove_identity(identity)
    return signed_in(identity.user, platform)


@transaction.atomic
def prove_identity(identity: ExternalIdentity) -> None:
    """The real owner has come: whoever claimed the identity without proof is signed out."""
    ExternalIdentity.objects.filter(pk=identity.pk).update(proven=True)
    tokens.revoke_all(user_id=identity.user_id)


def sign_in_with_phone(*, phone: str, platform: str = "") -> SignedIn | None:
    """The person with that number, or None. The caller has checked the number's proof."""
    user = User.objects.filter(phone=phone).first()
    return signed_in(user, platform) if user else None


def is_phone_known(phone: str) -> bool:
    return User.objects.filter(phone=phone).exists()


def signed_in(user: User, platform: str) -> SignedIn:
    ended = why_ended(user.status, user.banned_until)
    if ended:
        raise Refused(ended)
    return SignedIn(user, *tokens.issue_with_id(user=user, platform=platform))


def social_claim(*, provider: str, subject: str, token: str) -> SocialClaim:
    """What a provider's token proves. Raises Refused for a claim without proof.

    ALLOW_UNVERIFIED_SOCIAL (never in production) takes the bare `subject` at its word, and so
    does the proof `firebase-uid` for Firebase, whose uid is then the person's bearer.
    """
    proof = providers.verify(provider, token) if token else None
    if proof:
        return SocialClaim(provider, proof.subject, True, proof.email, proof.phone)
    bearer_uid = provider == FIREBASE and "firebase-uid" in settings.MOBILE_IDENTITY
    if subject and (settings.ALLOW_UNVERIFIED_SOCIAL or bearer_uid):
        return SocialClaim(provider, subject, False)
    raise Refused(f"Your {provider.capitalize()} sign-in could not be verified. Please try again.")


def sign_up(
    *,
    username: str = "",
    email: str = "",
    email_verified: bool = False,
    phone: str = "",
    password: str = "",
    referral_code: str = "",
    claim: SocialClaim | None = None,
    dob: date | None = None,
    social: str = "",
    platform: str = "",
    profile: dict[str, str] | None = None,
) -> SignedIn:
    """Create an account and sign in. Raises Refused, with the reason, if it can't be."""
    username = checked_username(username) if username else free_username(email or phone or social)
    check_password(password)
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                username,
                email=checked_email(email),
                email_verified_at=timezone.now() if email and email_verified else None,
                password=password or None,
                phone=phone,
                dob=dob,
                social=social,
                referral_code=secrets.token_hex(4).upper(),
                referred_by_id=id_of_referral_code(referral_code),
                **(profile or {}),
            )
            if claim:
                ExternalIdentity.objects.create(
                    user=user, provider=claim.provider, subject=claim.subject, proven=claim.proven
                )
            if user.referred_by_id:
                signals.referred.send(sender=None, referrer=user.referred_by_id, newcomer=user.id)
            return SignedIn(user, *tokens.issue_with_id(user=user, platform=platform))
    except IntegrityError as error:
        raise Refused(taken_sentence(error)) from error


def taken_sentence(error: IntegrityError) -> str:
    """Which of the unique things somebody else already has."""
    text = str(error)
    known = (words for name, words in TAKEN_BY_CONSTRAINT.items() if name in text)
    return next(known, "This account exists already. Please sign in.")


def checked_username(username: str) -> str:
    if not re.match(USERNAME_PATTERN, username):
        raise Refused(NAME_RULE)
    return username


def free_username(hint: str) -> str:
    """A name nobody has, from an address or a word: ann_4821."""
    stem = re.sub(r"[^A-Za-z0-9_]+", "_", hint.partition("@")[0]).strip("_")[:20] or "user"
    for digits in (4, 6, 10):
        name = f"{stem}_{secrets.randbelow(10**digits):0{digits}}"
        if not User.objects.filter(username__lower=name.lower()).exists():
            return name
    raise Refused("Please choose a username.")


def checked_email(email: str) -> str:
    if not email:
        return ""
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused("Please enter a valid e-mail address.") from error
    return email.lower()


def checked_phone(phone: str) -> str:
    """The number in E.164 form. Raises Refused unless it can exist, with its country code."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException as error:
        raise Refused("Please enter the phone number with its country code.") from error
    if not phonenumbers.is_possible_number(number):
        raise Refused("Please enter a valid phone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def check_password(password: str) -> None:
    if not password:
        return
    try:
        validate_password(password)
    except ValidationError as error:
        raise Refused(error.messages[0]) from error


def free_email(email: str) -> str:
    """The address if nobody has it, else nothing: an unproven address links no accounts."""
    taken = email and User.objects.filter(email__lower=email.lower()).exists()
    return "" if taken else email


def id_of_referral_code(code: str) -> int | None:
    """Who gave out the code; at sign-up an unknown one is no reason to refuse."""
    if not code:
        return None
    return (
        User.objects.filter(referral_code=code.upper(), status=User.Status.ACTIVE)
        .values_list("id", flat=True)
        .first()
    )


def phone_of_claim(claim: SocialClaim, phone: str) -> str:
    """The number that goes on a social account: what the provider has verified. A bare claim
    is taken only where unproven accounts are."""
    if claim.phone or not phone:
        return claim.phone
    return checked_phone(phone) if settings.ALLOW_UNVERIFIED_SOCIAL else ""


def profile_fields(data: dict[str, Any]) -> dict[str, str]:
    """The optional parts of a sign-up that go on the profile as they are."""
    return {
        key: data[key]
        for key in ("first_name", "last_name", "gender", "profile_pic")
        if data.get(key) and (key != "profile_pic" or pictures.is_allowed_url(data[key]))
    }
