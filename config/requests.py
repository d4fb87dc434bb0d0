"""What happens to every request: an id, which its log lines and its answer carry, and a count."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from prometheus_client import Counter

from config.logs import request_id

ANSWERS = Counter(
    "clipcast_http_requests",
    "Answers of pages and of the REST API, by the pattern of their address",
    ["method", "route", "status"],
)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

MONITORED = ("/health/", "/metrics")
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Takes X-Request-ID from the proxy in front, or makes one up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        name = given if GIVEN.fullmatch(given) else uuid.uuid4().hex[:12]
        token = request_id.set(name)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = name
        return response


class CountMiddleware:
    """Stands behind the mobile API's middleware, which counts its own answers by endpoint."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # A pattern, never an address: a stranger can think up as many addresses as they like.
        route = request.resolver_match.route if request.resolver_match else "(none)"
        method = request.method if request.method in METHODS else "other"
        ANSWERS.labels(method, route, response.status_code).inc()
        return response


class MonitorMiddleware:
    """Answers monitors here, before the Host is looked at: they come by the address of a container
    or a machine, and ALLOWED_HOSTS names what people come by. Nothing that they are told depends
    on it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(MONITORED):
            return self.get_response(request)
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        request.resolver_match = match  # by which it is counted
        return match.func(request, *match.args, **match.kwargs)
