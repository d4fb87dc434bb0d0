"""Firebase Cloud Messaging, HTTP v1.

Sources: https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send,
https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode (which errors end a token).
"""

from typing import Any

import httpx
import orjson
from google.auth.exceptions import GoogleAuthError

from apps.notifications.push import Message, Outcome, Verdict
from config.google import ServiceAccount

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
TIMEOUT_S = 10
KEPT_BY_FCM_S = 24 * 3600  # how long FCM waits for a phone that is off
MAX_RETRY_AFTER_S = 3600
DEAD_TOKEN_CODES = {"UNREGISTERED", "SENDER_ID_MISMATCH"}
LATER_CODES = {"QUOTA_EXCEEDED", "UNAVAILABLE", "INTERNAL", "THIRD_PARTY_AUTH_ERROR"}


class FcmSender:
    """Sends as the service account whose key file Firebase's console gives out."""

    def __init__(self, *, service_account_file: str, base_url: str) -> None:
        self.account = ServiceAccount(service_account_file, scope=SCOPE, timeout_s=TIMEOUT_S)
        self.url = f"{base_url}/v1/projects/{self.account.info['project_id']}/messages:send"
        self.client = httpx.Client(timeout=TIMEOUT_S)

    def send(self, message: Message) -> Outcome:
        try:
            headers = self.account.headers()
            response = self.client.post(self.url, json=payload(message), headers=headers)
        except GoogleAuthError as error:
            return Outcome(Verdict.LATER, f"Google refused our service account: {error}"[:200])
        except httpx.HTTPError as error:
            return Outcome(Verdict.LATER, f"FCM can't be reached: {type(error).__name__}")
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self.account.forget_token()
        return read_outcome(response)


def payload(message: Message) -> dict[str, Any]:
    """Title and body stand in both halves: Android's app reads `data`, iOS shows the other."""
    return {
        "message": {
            "token": message.push_token,
            "notification": {"title": message.title, "body": message.body},
            "data": message.data | {"title": message.title, "body": message.body},
            "android": {
                "priority": "high",
                "ttl": f"{KEPT_BY_FCM_S}s",
                "collapse_key": message.collapse_key,
                "notification": {"tag": message.collapse_key},
            },
            "apns": {
                "headers": {"apns-collapse-id": message.collapse_key},
                "payload": {"aps": {"badge": 1, "sound": "default"}},
            },
        }
    }


def read_outcome(response: httpx.Response) -> Outcome:
    """What FCM said about one message."""
    if response.is_success:
        return Outcome(Verdict.SENT)
    error = error_of(response)
    details = [detail for detail in error.get("details", []) if isinstance(detail, dict)]
    code = next((d["errorCode"] for d in details if "errorCode" in d), error.get("status", ""))
    problem = f"FCM {response.status_code} {code}: {error.get('message', '')}"[:200]
    if code in DEAD_TOKEN_CODES or names_token(details):
        return Outcome(Verdict.DEAD_TOKEN, problem)
    if code in LATER_CODES or response.status_code in (401, 408, 429) or response.is_server_error:
        return Outcome(Verdict.LATER, problem, retry_after_s(response))
    return Outcome(Verdict.REFUSED, problem)


def error_of(response: httpx.Response) -> dict[str, Any]:
    try:
        error = orjson.loads(response.content).get("error", {})
    except (orjson.JSONDecodeError, AttributeError):
        return {}
    return error if isinstance(error, dict) else {}


def names_token(details: list[dict[str, Any]]) -> bool:
    """FCM answers INVALID_ARGUMENT with this field for a text that never was a token."""
    violations = [v for d in details for v in d.get("fieldViolations", [])]
    return any(violation.get("field") == "message.token" for violation in violations)


def retry_after_s(response: httpx.Response) -> int:
    text = response.headers.get("Retry-After", "")
    return min(int(text), MAX_RETRY_AFTER_S) if text.isdigit() else 0
