"""Whatever is sent to whichever address, there is an answer that was meant.

The requests are made by Schemathesis from the document that programs read at /api/schema/, half of
them breaking it. FUZZ_EXAMPLES asks for more of each kind.
"""

import contextlib
import json
import os
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.http import HttpResponse
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core import NotSet

from apps.access.services import create_key
from apps.contract.endpoint import all_endpoints
from tests.cast import Person

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "4"))
TRACES = ("Traceback", "psycopg", "django.", 'File "')
Operation = schemathesis.schemas.APIOperation


@cache
def document() -> Any:
    return schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))


@cache
def operations() -> dict[str, Operation]:
    found = [result.ok() for result in document().get_all_operations()]
    return {f"{operation.method.upper()} {operation.path}": operation for operation in found}


def each_request(operation: Operation, check: Callable[[Case], None]) -> None:
    """The same requests in each run."""
    for mode in GenerationMode:
        asked = settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        # Where nothing is asked for, nothing can be wrong.
        with contextlib.suppress(Unsatisfiable):
            asked(given(operation.as_strategy(generation_mode=mode))(check))()


def send(case: Case, token: str) -> HttpResponse:
    """By Django's client, which leaves the test's transaction open."""
    body = b"" if isinstance(case.body, NotSet) else case.body
    if not isinstance(body, bytes):  # which are broken JSON
        body = json.dumps(body).encode()
    return Client(raise_request_exception=False).generic(
        case.method,
        case.formatted_path,
        body,
        content_type=case.media_type or "application/json",
        query_params=case.query,
        headers={"Auth-Token": token, "Authorization": f"Bearer {token}"},
    )


def assert_tells_nothing_of_the_inside(answer: HttpResponse) -> None:
    said = answer.getvalue().decode()
    assert not [trace for trace in TRACES if trace in said], said


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(endpoint.name for endpoint in all_endpoints()))
def test_every_mobile_answer_is_the_envelope(name: str, owner: Person) -> None:
    def check(case: Case) -> None:
        answer = send(case, owner.token)
        assert answer.status_code == 200, answer.getvalue()
        envelope = json.loads(answer.getvalue())
        assert isinstance(envelope["code"], int), envelope
        assert envelope["code"] not in (500, 503), envelope
        # What iOS can't read as a text says its sentence beside `msg`.
        assert "msg" in envelope or "message" in envelope
        assert_tells_nothing_of_the_inside(answer)

    each_request(operations()[f"POST /api/{name}"], check)


def rest_operations() -> list[str]:
    mobile = {f"POST /api/{endpoint.name}" for endpoint in all_endpoints()}
    others = set(operations()) - mobile
    return sorted(name for name in others if not name.endswith("/stream"))  # another process's


@pytest.mark.django_db
def test_no_rest_request_is_too_much() -> None:
    key = create_key(name="fuzz")[1]

    def check(case: Case) -> None:
        answer = send(case, key)
        assert answer.status_code < 500, answer.getvalue()
        assert_tells_nothing_of_the_inside(answer)

    for name in rest_operations():
        each_request(operations()[name], check)
