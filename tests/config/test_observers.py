"""Sentry and OpenTelemetry, each in a process of its own: they change the libraries around them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.db import connection

from config import observers, problems

ROOT = Path(__file__).resolve().parents[2]
SENTRY = """
import json, logging, django
from unittest import mock
from sentry_sdk.transport import Transport
sent = []
class Kept(Transport):
    def capture_envelope(self, envelope):
        sent.append(envelope.get_event())
from config import observers
real = observers.start_sentry
with mock.patch.object(observers, "start_sentry", lambda: real(transport=Kept)):
    django.setup()
from django.test import Client
from apps.contract import metrics
def fail(*arguments, **named):
    password = "hunter2"
    raise RuntimeError("mail to ada@example.com with token=abc123secret failed")
from django.urls import path
from config import urls
urls.urlpatterns.insert(0, path("overlay/<str:token>/fails", fail))
answer = Client(raise_request_exception=False).post(
    "/overlay/ov_abc123secret/fails?token=abc123secret", {"password": "hunter2"},
    headers={"Authorization": "Bearer abc123secret", "Cookie": "sessionid=abc123secret"},
)
print(answer.status_code)
print(json.dumps(sent))
"""
TRACES = """
import json, django
from unittest import mock
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
kept = InMemorySpanExporter()
from config import observers
with mock.patch.object(observers, "start", lambda: observers.start_opentelemetry(kept)):
    django.setup()
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from apps.capture import valkey
from config import urls
def page(request, token):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", ["ada@example.com"])
    valkey.client().set("clipcast:test:observers", "ada@example.com")
    return HttpResponse("ok")
urls.urlpatterns.insert(0, path("overlay/<str:token>/traced", page))
from celery import shared_task
@shared_task(name="traced_task")
def traced_task():
    return 1
Client().get("/overlay/ov_abc123secret/traced?token=abc123secret")
Client().get("/health/live")
traced_task.apply()
trace.get_tracer_provider().force_flush()
spans = kept.get_finished_spans()
print(json.dumps([
    {"name": span.name, "trace": span.context.trace_id, "about": dict(span.attributes),
     "service": span.resource.attributes["service.name"]} for span in spans
], default=str))
"""


def run(code: str, **environment: str) -> str:
    before, _, after = os.environ["DATABASE_URL"].partition("/postgres?")
    environment["DATABASE_URL"] = f"{before}/{connection.settings_dict['NAME']}?{after}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_unforeseen_failure_goes_to_sentry_without_secrets() -> None:
    dsn = "http://public@127.0.0.1:1/1"
    said = run(SENTRY, SENTRY_DSN=dsn, SENTRY_ENVIRONMENT="staging", ALLOWED_HOSTS="testserver")
    status, events = said.splitlines()
    assert status == "500"
    [event] = json.loads(events)
    [failure] = event["exception"]["values"]
    assert failure["type"] == "RuntimeError"
    assert failure["value"] == "mail to [hidden] with token=[hidden] failed"
    assert event["environment"] == "staging"
    assert event["release"] == django_settings.VERSION
    for secret in ("abc123secret", "hunter2", "ada@example.com"):
        assert secret not in events


def test_requests_statements_and_tasks_become_spans_without_secrets() -> None:
    said = run(TRACES, ALLOWED_HOSTS="testserver")
    spans = json.loads(said)
    request = next(span for span in spans if "traced" in span["name"] and "GET" in span["name"])
    inside = {span["name"] for span in spans if span["trace"] == request["trace"]}
    assert {"SELECT", "SET"} <= inside
    assert any("traced_task" in span["name"] for span in spans)
    assert {span["service"] for span in spans} == {"clipcast"}
    assert "health" not in said
    for secret in ("abc123secret", "ada@example.com"):
        assert secret not in said


def test_a_setting_whose_packages_are_missing_stops_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = SimpleNamespace(SENTRY_DSN="http://x@y/1", OTEL_EXPORTER_OTLP_ENDPOINT="http://z")
    assert problems.observer_problems(wanted) == []
    monkeypatch.setattr(problems, "is_installed", lambda module: False)
    assert problems.observer_problems(wanted) == [
        "SENTRY_DSN needs packages that are not installed: uv sync --inexact --extra sentry.",
        "OTEL_EXPORTER_OTLP_ENDPOINT needs packages that are not installed: "
        "uv sync --inexact --extra opentelemetry.",
    ]
    nothing = SimpleNamespace(SENTRY_DSN="", OTEL_EXPORTER_OTLP_ENDPOINT="")
    assert problems.observer_problems(nothing) == []


def test_whether_a_package_is_there() -> None:
    assert observers.is_installed("opentelemetry.sdk")
    assert not observers.is_installed("no_such_package.part")


def test_nothing_is_started_unless_it_is_wanted(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    started: list[str] = []
    monkeypatch.setattr(observers, "start_sentry", lambda: started.append("sentry"))
    monkeypatch.setattr(observers, "start_opentelemetry", lambda exporter: started.append("otel"))
    observers.start()
    assert started == []
    settings.SENTRY_DSN, settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://x@y/1", "http://z"
    observers.start()
    assert started == ["sentry", "otel"]


def test_the_image_has_both() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "--extra sentry" in dockerfile
    assert "--extra opentelemetry" in dockerfile
