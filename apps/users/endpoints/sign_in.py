"""Sign-up and sign-in."""

from typing import Any

from django.conf import settings
from django.db import transaction

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import NONE, Endpoint
from apps.contract.fields import DateField, TextField, TokenField
from apps.contract.throttle import Rate, client_ip
from apps.contract.urls import media_url
from apps.users import selectors
from apps.users.callers import Caller
from apps.users.models import ExternalIdentity, OneTimeCode
from apps.users.selectors import SignedInRecord
from apps.users.services import accounts, codes, devices
from apps.users.services.accounts import SignedIn, SocialClaim

FIREBASE = ExternalIdentity.Provider.FIREBASE
Purpose = OneTimeCode.Purpose


class SignInEndpoint(Endpoint):
    """The base of endpoints that answer with a new token."""

    abstract = True
    group = "auth"
    auth = NONE
    throttle = Rate.SIGN_IN
    answer = SignedInRecord

    @property
    def platform(self) -> str:
        return self.request.headers.get("device", "")

    def record(self, signed_in: SignedIn, push_token: str = "") -> ContractValue:
        devices.note_push_token(
            user_id=signed_in.user.id,
            token_id=signed_in.token_id,
            push_token=push_token,
            platform=self.platform,
        )
        return selectors.signed_in_record(
            user_id=signed_in.user.id, token=signed_in.token, media_url=media_url(self.request)
        )


class RegisterUser(SignInEndpoint):
    """Sign-up by e-mail, phone or social account, and sign-in by the last two.

    An account that is not known and was not given a name or birthday answers 201, at which the
    apps open their registration screen (contract/android/NOTES.md "Login flows",
    contract/ios/NOTES.md "Transport, auth, codes").
    """

    class Input(inputs.Input):
        username = TextField(max_length=30, required=False)
        first_name = TextField(max_length=50, required=False)
        last_name = TextField(max_length=50, required=False)
        email = TextField(max_length=254, required=False)
        password = TextField(max_length=128, required=False, trim_whitespace=False)
        phone = TextField(max_length=30, required=False)
        dob = DateField(required=False)
        gender = TextField(max_length=20, required=False)
        social = TextField(max_length=20, required=False)
        social_id = TokenField(required=False)
        auth_token = TokenField(required=False, help_text="the provider's signed token")
        profile_pic = TextField(max_length=500, required=False, help_text="the provider's URL")
        referral_code = TextField(max_length=20, required=False)
        device_token = TextField(max_length=500, required=False, help_text="for pushes")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        social = data.pop("social", "").lower()
        if social and (data.get("social_id") or data.get("auth_token")):
            signed_in = self.by_social(social, data)
        elif data.get("email"):
            signed_in = self.by_email(data)
        elif data.get("phone"):
            signed_in = self.by_phone(data)
        else:
            raise Refused("Please give an e-mail address, a phone number or a social account.")
        return self.record(signed_in, data.get("device_token", ""))

    def by_social(self, social: str, data: dict[str, Any]) -> SignedIn:
        claim = read_claim(social, data)
        known = accounts.sign_in_with_identity(claim=claim, platform=self.platform)
        if known:
            return known
        # iOS registers an e-mail account before it asks for a name.
        if not (data.get("dob") or data.get("username") or social == "email"):
            raise Refused(accounts.REGISTER_FIRST)
        return accounts.sign_up(
            username=data.get("username", ""),
            email=accounts.free_email(claim.email or data.get("email", "")),
            email_verified=bool(claim.email),
            phone=accounts.phone_of_claim(claim, data.get("phone", "")),
            referral_code=data.get("referral_code", ""),
            claim=claim,
            dob=data.get("dob"),
            social=social,
            platform=self.platform,
            profile=accounts.profile_fields(data),
        )

    def by_email(self, data: dict[str, Any]) -> SignedIn:
        if not data.get("password"):
            raise Refused("Please choose a password.")
        email = accounts.checked_email(data["email"])
        with transaction.atomic():  # a refused sign-up leaves the proof as it was
            verified = codes.use_proof(
                purpose=Purpose.REGISTER_EMAIL, address=email, ip=client_ip(self.request)
            )
            if settings.REQUIRE_EMAIL_CODE and not verified:
                raise Refused("Please enter the code that was sent to your e-mail address.")
            return accounts.sign_up(
                username=data.get("username", ""),
                email=email,
                email_verified=verified,
                password=data["password"],
                referral_code=data.get("referral_code", ""),
                dob=data.get("dob"),
                social="email",
                platform=self.platform,
                profile=accounts.profile_fields(data),
            )

    def by_phone(self, data: dict[str, Any]) -> SignedIn:
        """The Android client asks twice: with the number alone, and, told 201, with a profile."""
        phone, ip = accounts.checked_phone(data["phone"]), client_ip(self.request)
        is_probe = not (data.get("dob") or data.get("username"))
        if is_probe and not accounts.is_phone_known(phone):
            if not codes.is_proven(purpose=Purpose.PHONE, address=phone, ip=ip):
                self.refuse_unproven_phone()
            raise Refused(accounts.REGISTER_FIRST)
        with transaction.atomic():
            if not codes.use_proof(purpose=Purpose.PHONE, address=phone, ip=ip):
                self.refuse_unproven_phone()
            known = accounts.sign_in_with_phone(phone=phone, platform=self.platform)
            return known or accounts.sign_up(
                username=data.get("username", ""),
                phone=phone,
                referral_code=data.get("referral_code", ""),
                dob=data.get("dob"),
                social="phone",
                platform=self.platform,
                profile=accounts.profile_fields(data),
            )

    def refuse_unproven_phone(self) -> None:
        if not settings.ALLOW_UNVERIFIED_SOCIAL:
            raise Refused("Please enter the code that was sent to this phone number.")


def read_claim(social: str, data: dict[str, Any]) -> SocialClaim:
    """Android sends the provider's id and token; iOS signs in at Firebase and sends its uid."""
    token = data.get("auth_token", "")
    if data.get("social_id"):
        if social not in ExternalIdentity.Provider.values:
            raise Refused("This kind of social account is not known here.")
        return accounts.social_claim(provider=social, subject=data["social_id"], token=token)
    return accounts.social_claim(provider=FIREBASE, subject=token, token=token)


class Login(SignInEndpoint):
    """Sign-in by e-mail address (or username) and password."""

    class Input(inputs.Input):
        email = TextField(max_length=254, help_text="or the username")
        password = TextField(max_length=128, trim_whitespace=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return self.record(
            accounts.sign_in_with_password(
                name=data["email"], password=data["password"], platform=self.platform
            )
        )
