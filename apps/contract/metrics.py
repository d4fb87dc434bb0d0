"""How many requests each endpoint answered, with which code, and how long they took."""

from prometheus_client import Counter, Histogram

from apps.contract.answers import UNEXPECTED, ContractValue

REQUESTS = Counter("clipcast_mobile_requests", "Answers of the mobile API", ["endpoint", "code"])
SECONDS = Histogram(
    "clipcast_mobile_request_seconds",
    "Time to answer a mobile request",
    ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


def announce(endpoint: str) -> None:
    """Let its failures begin at 0: Prometheus sees no increase in a series that begins at 1."""
    REQUESTS.labels(endpoint, UNEXPECTED)


def observe(endpoint: str, code: ContractValue, seconds: float) -> None:
    REQUESTS.labels(endpoint, code).inc()
    SECONDS.labels(endpoint).observe(seconds)
