"""Codes by SMS through Twilio Verify, which makes and checks them itself.

Source: https://www.twilio.com/docs/verify/api/verification
"""

from typing import Any

import httpx
from django.conf import settings

from apps.users.senders.base import NotSent

TIMEOUT_S = 10


class TwilioSender:
    makes_codes = True

    def send(self, *, address: str, code: str) -> None:
        self.post("Verifications", {"To": address, "Channel": "sms"})

    def check(self, *, address: str, code: str) -> bool:
        try:
            answer = self.post("VerificationCheck", {"To": address, "Code": code})
        except UnknownVerification:
            return False
        return answer.get("status") == "approved"

    def post(self, resource: str, data: dict[str, str]) -> dict[str, Any]:
        url = f"{settings.TWILIO_VERIFY_URL}/v2/Services/{settings.TWILIO_VERIFY_SERVICE}"
        credentials = (settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN)
        try:
            response = httpx.post(
                f"{url}/{resource}", data=data, auth=credentials, timeout=TIMEOUT_S
            )
            if response.status_code == httpx.codes.NOT_FOUND and resource == "VerificationCheck":
                raise UnknownVerification
            response.raise_for_status()
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise NotSent(f"Twilio: {type(error).__name__} {error}"[:200]) from error
        return answer if isinstance(answer, dict) else {}


class UnknownVerification(Exception):
    """Twilio knows no open verification: it has expired, was approved, or was tried too often."""
