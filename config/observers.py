"""Errors to Sentry, traces to OpenTelemetry: each only if it is configured and installed.

What leaves this machine goes through the same redaction as the log (logs.py).
"""

import importlib.util
import os
import re
from typing import TYPE_CHECKING, Any

from django.conf import settings

from config.logs import HIDDEN, SECRET_NAMES, redact

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

SECRET_NAME = re.compile(SECRET_NAMES, re.IGNORECASE)
# What a request brought with it is people's own; what is wrong shows without.
NOT_SENT = {"data", "cookies", "headers", "env", "user"}
QUIET_PATHS = "health/.*,metrics"
ADDRESSES = ("http.url", "http.target", "url.full", "url.path", "url.query")


def is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package around it
        return False


def start() -> None:
    """Once in each process, when Django is ready."""
    if settings.SENTRY_DSN:
        start_sentry()
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        start_opentelemetry(OTLPSpanExporter())


# --- Sentry -----------------------------------------------------------------------------------


def start_sentry(**options: Any) -> None:
    import sentry_sdk
    from sentry_sdk.integrations.celery import CeleryIntegration
    from sentry_sdk.integrations.django import DjangoIntegration

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=settings.VERSION,
        environment=settings.SENTRY_ENVIRONMENT,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=scrubbed,
        before_breadcrumb=scrubbed,
        integrations=[DjangoIntegration(), CeleryIntegration()],
        **options,
    )


def scrubbed(event: Any, hint: Any = None) -> Any:
    """An event or breadcrumb without secrets and personal data."""
    if "request" in event:
        event["request"] = {k: v for k, v in event["request"].items() if k not in NOT_SENT}
    event.pop("user", None)
    return cleaned(event)


def cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {
            key: HIDDEN if SECRET_NAME.fullmatch(str(key)) else cleaned(part)
            for key, part in value.items()
        }
    if isinstance(value, list | tuple):
        return [cleaned(part) for part in value]
    return value


# --- OpenTelemetry ----------------------------------------------------------------------------


def start_opentelemetry(exporter: "SpanExporter") -> None:
    """Spans of requests, tasks, statements (without their values) and calls of Valkey."""
    from opentelemetry import trace
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = os.environ.get("OTEL_SERVICE_NAME", "clipcast")
    about = {"service.name": name, "service.version": settings.VERSION}
    provider = TracerProvider(resource=Resource.create(about))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument(request_hook=redact_address, excluded_urls=QUIET_PATHS)
    CeleryInstrumentor().instrument()
    PsycopgInstrumentor().instrument()
    RedisInstrumentor().instrument()


def redact_address(span: Any, request: Any) -> None:
    """Addresses may carry tokens."""
    for name in ADDRESSES:
        if span.is_recording() and name in span.attributes:
            span.set_attribute(name, redact(span.attributes[name]))
