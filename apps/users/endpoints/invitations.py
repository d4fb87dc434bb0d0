"""Referral codes, the profile's QR code, and which provider accounts are linked."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import Endpoint
from apps.contract.fields import TextField
from apps.contract.shapes import integer, text
from apps.contract.urls import media_url, public_url
from apps.users import selectors
from apps.users.callers import Caller
from apps.users.selectors import OwnRecord


class GetReferralCode(Endpoint):
    """The caller's referral code, how many people came with it, and the coins for that."""

    group = "users"
    answer = {
        "referral_code": text("referral_code"),
        "total_referrals": integer("count"),
        "total_rewards": integer("coins"),
    }

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return selectors.referrals(user_id=caller.id)


class GenerateQRCode(Endpoint):
    """Addresses of the caller's public page and of a picture (QR code) that leads there."""

    group = "users"
    answer = {
        "qr_code_url": text("url"),
        "profile_url": text("url"),
        "referral_code": text("referral_code"),
    }

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        base = public_url(self.request)
        return {
            "qr_code_url": f"{base}/u/{caller.username}/qr.svg",
            "profile_url": f"{base}/u/{caller.username}/",
            "referral_code": selectors.referrals(user_id=caller.id)["referral_code"],
        }


class VerifyAccountDetails(Endpoint):
    """Is a provider's account linked to the caller? To nobody else it is told."""

    group = "users"
    answer = OwnRecord

    class Input(inputs.Input):
        type = TextField(max_length=20)
        social_id = TextField(max_length=255)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        if not selectors.has_identity(
            user_id=caller.id, provider=data["type"].lower(), subject=data["social_id"]
        ):
            raise Refused("This account is not linked to yours.")
        return selectors.own_record(user_id=caller.id, media_url=media_url(self.request))
