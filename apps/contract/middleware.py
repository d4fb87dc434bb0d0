"""The door of the mobile API: from a request to an answer, whatever goes wrong inside."""

import logging
import uuid
from collections.abc import Callable
from time import perf_counter
from urllib.parse import unquote

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from apps.contract import answers, metrics
from apps.contract.answers import ContractError, ContractValue, UnknownEndpoint
from apps.contract.endpoint import Endpoint, find
from config import outages
from config.logs import request_id

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
    began = perf_counter()
    content = outcome(endpoint, request)
    metrics.observe(endpoint.name, content["code"], perf_counter() - began)
    if content["code"] != answers.OK:
        logger.info("%s: code %s", endpoint.name, content["code"])
    return answers.to_response(content)


def outcome(endpoint: type[Endpoint], request: HttpRequest) -> dict[str, ContractValue]:
    try:
        return endpoint.run(request)
    except ContractError as error:
        return refusal(endpoint, error.code, error.message)
    except DisallowedHost:
        return refusal(endpoint, answers.REFUSED, UNKNOWN_HOST)
    except outages.AWAY as error:
        logger.warning("%s was not done: %s", endpoint.name, error)
        return refusal(endpoint, answers.AWAY, outages.TRY_AGAIN)
    except Exception:
        reference = request_id.get() or uuid.uuid4().hex[:12]
        logger.exception("%s failed, request %s", endpoint.name, reference)
        sentence = f"Something went wrong on our side. Please try again. (Reference {reference})"
        return refusal(endpoint, answers.UNEXPECTED, sentence)


def refusal(endpoint: type[Endpoint], code: int, sentence: str) -> dict[str, ContractValue]:
    if endpoint.refusal_msg is None:
        return {"code": code, "msg": sentence} | endpoint.refusal_beside
    content: dict[str, ContractValue] = {"code": code, "message": sentence}
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
