"""GET /metrics for Prometheus: what this process answered, and how the system is."""

import hmac
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from apps.operations import state


class StateCollector(Collector):
    """Reads the state at the moment of the scrape."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for family, samples in state.read_all():
            labels = [family.label] if family.label else []
            metric = GaugeMetricFamily(family.name, family.help, labels=labels)
            for sample in samples:
                metric.add_metric([sample.label] if labels else [], sample.value)
            yield metric


STATE = CollectorRegistry()
STATE.register(StateCollector())


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For who shows METRICS_TOKEN as bearer; without that setting, for nobody but in DEBUG."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    if wanted:
        allowed = scheme.lower() == "bearer" and hmac.compare_digest(
            token.strip().encode(), wanted.encode()
        )
    else:
        allowed = settings.DEBUG
    if not allowed:
        return HttpResponse("Set METRICS_TOKEN and send it as bearer.\n", status=403)
    return HttpResponse(
        generate_latest(REGISTRY) + generate_latest(STATE), content_type=CONTENT_TYPE_LATEST
    )
