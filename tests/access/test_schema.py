"""What the OpenAPI document says of the capture API besides what each view says."""

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

WRITES = {"post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def paths() -> dict[str, Any]:
    return SchemaGenerator().get_schema(public=True)["paths"]


def operations(paths: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    prefixes = ("/api/sessions", "/api/streamers", "/api/compare", "/api/exports")
    return [
        (path, method, operation)
        for path, methods in paths.items()
        if path.startswith(prefixes)
        for method, operation in methods.items()
    ]


def test_every_write_may_be_too_often_and_no_reading(paths: dict[str, Any]) -> None:
    throttled = {
        (path, method): "429" in each["responses"] for path, method, each in operations(paths)
    }
    assert {method for (_, method), is_throttled in throttled.items() if is_throttled} <= WRITES
    assert throttled == {(path, method): method in WRITES for path, method in throttled}
    told = paths["/api/sessions"]["post"]["responses"]["429"]
    assert "Retry-After" in told["headers"]


def test_every_request_may_come_while_the_server_restarts(paths: dict[str, Any]) -> None:
    assert all("503" in each["responses"] for _, _, each in operations(paths))


def test_the_stream_s_own_parameters_and_refusals_are_told(paths: dict[str, Any]) -> None:
    stream = paths["/api/sessions/{session_id}/stream"]["get"]
    asked = {each["name"] for each in stream["parameters"] if each["in"] == "query"}
    assert asked == {"types", "last_event_id", "overlay"}
    assert {"200", "400", "401", "403", "404", "503"} <= stream["responses"].keys()
