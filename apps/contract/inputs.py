"""From a request's body to validated values."""

from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework import serializers

from apps.contract.answers import Refused

MAX_FORM_FIELDS = 200
DISCARD_CHUNK_BYTES = 64 * 1024
DISCARD_MAX_CHUNKS = 2048  # 128 MB


class Input(serializers.Serializer):
    """What a mobile request may hold. Keys that are not declared are ignored."""


def read_body(request: HttpRequest) -> dict[str, Any]:
    """The body's values: JSON, form or multipart, whatever the Content-Type claims.

    Raises Refused if it is none of them or too large.
    """
    try:
        if request.content_type == "multipart/form-data":
            return request.POST.dict() | request.FILES.dict()
        body = request.body
    except MultiPartParserError as error:
        raise Refused("This upload could not be read. Please try again.") from error
    except (SuspiciousOperation, BadRequest, UnreadablePostError) as error:
        discard_body(request)
        raise Refused(too_large(settings.MOBILE_BODY_MAX_BYTES)) from error
    return parse_text(body)


def too_large(limit: int) -> str:
    return f"This request is too large; {limit // 1024 // 1024} MB is the most."


def body_size(request: HttpRequest, *, limit: int) -> int:
    """The body's announced length in bytes. Raises Refused past `limit`.

    A body without an announced length is none to WSGI, so nothing slips through.
    """
    announced = request.META.get("CONTENT_LENGTH") or "0"
    size = int(announced) if announced.isdecimal() else 0
    if size > limit:
        discard_body(request)
        raise Refused(too_large(limit))
    return size


def discard_body(request: HttpRequest) -> None:
    """Read what is left, up to a bound, so that the proxy has sent it all and hears the answer.

    An answer before the end of the body reaches a proxy as a broken connection.
    """
    with suppress(OSError):
        for _ in range(DISCARD_MAX_CHUNKS):
            if not request.read(DISCARD_CHUNK_BYTES):
                return


def parse_text(body: bytes) -> dict[str, Any]:
    body = body.strip(b" \t\r\n\xef\xbb\xbf")
    if not body:
        return {}
    if body[:1] in b'{["':
        return parse_json(body)
    try:
        pairs = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            strict_parsing=True,
            max_num_fields=MAX_FORM_FIELDS,
        )
    except ValueError as error:
        raise Refused("This request could not be read.") from error
    return dict(pairs)


def parse_json(body: bytes) -> dict[str, Any]:
    try:
        values = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused("This request could not be read.") from error
    if not isinstance(values, dict):
        raise Refused("This request could not be read: an object was expected.")
    return values


def validated(input_class: type[Input], values: dict[str, Any]) -> dict[str, Any]:
    """The declared values. Raises Refused with the first problem as a sentence."""
    try:
        return prototype(input_class).run_validation(values)
    except serializers.ValidationError as error:
        raise Refused(first_sentence(error.detail)) from error


@cache
def prototype(input_class: type[Input]) -> Input:
    """One serializer for all requests: validating keeps nothing, making one copies every field."""
    return input_class(data={})


def first_sentence(errors: Any) -> str:
    """'gift_count: Ensure this value is greater than or equal to 1.' as a user would say it."""
    name, problem = next(iter(errors.items()))
    while isinstance(problem, dict | list):
        problem = next(iter(problem.values())) if isinstance(problem, dict) else problem[0]
    if name == "non_field_errors":
        return str(problem)
    label = name.replace("_", " ").capitalize()
    if getattr(problem, "code", "") == "required":
        return f"{label} is missing."
    return f"{label}: {problem}"
