"""The door of the mobile API: from a request to an answer, whatever goes wrong inside."""

import logging
import uuid
from collections.abc import Callable
from urllib.parse import unquote

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from apps.contract import answers
from apps.contract.answers import ContractError, UnknownEndpoint
from apps.contract.endpoint import Endpoint, find

logger = logging.getLogger(__name__)
# The shipped builds ask under these paths (contract/android/NOTES.md, contract/ios/NOTES.md).
PREFIXES = ("/mobileapp_api/api/", "/api/", "/mobileapp_api/", "/")

UNKNOWN_HOST = "This server does not answer for that address (see ALLOWED_HOSTS)."

GetResponse = Callable[[HttpRequest], HttpResponse]


class MobileApiMiddleware:
    """Answers a known mobile endpoint at once; everything else goes on to the URL patterns."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            endpoint = find_by_path(request.path_info)
            if endpoint is not None:
                return answer(endpoint, request)
        return self.get_response(request)


def find_by_path(path: str) -> type[Endpoint] | None:
    """The endpoint that a path means: any prefix of the builds, stray spaces and slashes."""
    for prefix in PREFIXES:
        if path.startswith(prefix):
            return find(unquote(path[len(prefix) :]).strip(" /\t\r\n"))
    return None


def answer(endpoint: type[Endpoint], request: HttpRequest) -> HttpResponse:
    try:
        content = endpoint.run(request)
        return answers.to_response(content)
    except ContractError as error:
        return answers.to_response(refusal(endpoint, error.code, error.message))
    except DisallowedHost:
        return answers.to_response(refusal(endpoint, answers.REFUSED, UNKNOWN_HOST))
    except Exception:
        request_id = uuid.uuid4().hex[:12]
        logger.exception("%s failed, request %s", endpoint.name, request_id)
        sentence = f"Something went wrong on our side. Please try again. (Reference {request_id})"
        return answers.to_response(refusal(endpoint, answers.UNEXPECTED, sentence))


def refusal(endpoint: type[Endpoint], code: int, sentence: str) -> dict[str, object]:
    if endpoint.refusal_msg is None:
        return {"code": code, "msg": sentence} | endpoint.refusal_beside
    content: dict[str, object] = {"code": code, "message": sentence}
    if endpoint.refusal_msg is not answers.ABSENT:
        content["msg"] = endpoint.refusal_msg
    return content | endpoint.refusal_beside


def no_such_endpoint(request: HttpRequest, path: str = "") -> HttpResponse:
    """The URL pattern for what is left under /api/: a wrong method or an unknown name."""
    if request.method != "POST" and find(path.strip(" /")) is not None:
        error: ContractError = answers.Refused(f"Use POST for {path.strip(' /')}.")
    else:
        error = UnknownEndpoint("This server does not know that request. Please update the app.")
    return answers.to_response({"code": error.code, "msg": error.message})
