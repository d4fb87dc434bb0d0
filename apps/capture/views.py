"""The capture API: JSON over REST with real HTTP statuses. Live events: config/stream.py."""

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView, exception_handler

from apps.access.authentication import ApiKeyAuthentication, MayUseCapture
from apps.capture import inputs, selectors, services
from apps.capture.models import Session
from apps.capture.shapes import EventShape, SessionDetailShape, SessionShape
from config import health

Found = TypeVar("Found")
NO_SESSION = "There is no such session."
ERROR_SCHEMA = {
    "type": "object",
    "properties": {"detail": {"type": "string"}, "errors": {"type": "object"}},
}
ERRORS = {
    401: OpenApiResponse(ERROR_SCHEMA, "No sign-in and no key, or a wrong one"),
    403: OpenApiResponse(ERROR_SCHEMA, "Not an operator, or the key lacks the scope"),
}
NOT_FOUND = {404: OpenApiResponse(ERROR_SCHEMA, "No such session")}
CONFLICT_SCHEMA = {
    "type": "object",
    "properties": {"detail": {"type": "string"}, "session_id": {"type": "string"}},
}
HEALTH_SCHEMA = {
    "type": "object",
    "properties": {
        name: {"type": "string"} for name in ("status", "version", "database", "valkey")
    },
}
INVALID = {400: OpenApiResponse(ERROR_SCHEMA, "`detail` says what is wrong")}


def page_schema(name: str, item: dict[str, Any]) -> dict[str, Any]:
    cursor = {"nullable": True, "description": "where the next page begins; null at the end"}
    properties = {name: {"type": "array", "items": item}, "next_cursor": cursor}
    return {"type": "object", "properties": properties}


def error_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's answer, with one sentence for people in `detail` whatever went wrong."""
    response = exception_handler(error, context)
    if response is not None and isinstance(error, ValidationError):
        response.data = {"detail": first_sentence(response.data), "errors": response.data}
    return response


def first_sentence(errors: Any) -> str:
    """The first message, with the name of its field."""
    if isinstance(errors, dict):
        field, messages = next(iter(errors.items()))
        return f"{field}: {first_sentence(messages)}"
    return first_sentence(errors[0]) if isinstance(errors, list) else str(errors)


def json_response(content: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(orjson.dumps(content), status=status, content_type="application/json")


class CaptureView(APIView):
    """JSON bodies only: a foreign page's form can't write where no CSRF token is asked for."""

    authentication_classes = [ApiKeyAuthentication, SessionAuthentication]
    permission_classes = [MayUseCapture]
    parser_classes = [JSONParser]

    def get_exception_handler(self) -> Callable:
        return error_response


def checked(serializer: Serializer) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def of_session(found: Found | None) -> Found:
    """What was found of a session. Raises NotFound: None says that there is no such session."""
    if found is None:
        raise NotFound(NO_SESSION)
    return found


def parse_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound(NO_SESSION) from None


class SessionsView(CaptureView):
    """All sessions; starting one."""

    @extend_schema(
        operation_id="listSessions",
        summary="List sessions, the newest first",
        tags=["capture"],
        parameters=[inputs.SessionsQuery],
        responses={200: page_schema("sessions", SessionShape.schema()), **INVALID, **ERRORS},
    )
    def get(self, request: Request) -> HttpResponse:
        page = selectors.list_sessions(**checked(inputs.SessionsQuery(data=request.query_params)))
        return json_response({"sessions": page.items, "next_cursor": page.next_cursor})

    @extend_schema(
        operation_id="startSession",
        summary="Begin to capture a streamer's live",
        tags=["capture"],
        request=inputs.StartInput,
        responses={
            201: SessionDetailShape.schema(),
            409: OpenApiResponse(CONFLICT_SCHEMA, "A session of the streamer is open already"),
            **INVALID,
            **ERRORS,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        values = checked(inputs.StartInput(data=request.data))
        try:
            session = services.start_session(username=values["username"])
        except services.AlreadyCaptured as refusal:
            content = {"detail": str(refusal), "session_id": str(refusal.session.pk)}
            return json_response(content, status=409)
        return json_response(selectors.find_session(session.pk), status=201)


class SessionView(CaptureView):
    """One session."""

    @extend_schema(
        operation_id="getSession",
        summary="A session with its counters and gaps",
        tags=["capture"],
        responses={200: SessionDetailShape.schema(), **ERRORS, **NOT_FOUND},
    )
    def get(self, request: Request, session_id: str) -> HttpResponse:
        return json_response(of_session(selectors.find_session(parse_id(session_id))))

    @extend_schema(
        operation_id="endSession",
        summary="End a session",
        description="Its worker stops within about a second; what was captured is kept. "
        "Nothing happens to a session that has ended.",
        tags=["capture"],
        responses={200: SessionDetailShape.schema(), **ERRORS, **NOT_FOUND},
    )
    def delete(self, request: Request, session_id: str) -> HttpResponse:
        session = of_session(Session.objects.filter(pk=parse_id(session_id)).first())
        services.end_session(session)
        return json_response(selectors.find_session(session.pk))


class EventsView(CaptureView):
    """The stored events of a session."""

    @extend_schema(
        operation_id="listEvents",
        summary="Events of a session",
        description="Pages by event id: pass `next_cursor` as `cursor`, in the same order, until "
        "it is null. A page of a search for a text or a message's name may hold fewer events than "
        "`limit`, or none, and still have a `next_cursor`.",
        tags=["capture"],
        parameters=[inputs.EventsQuery],
        responses={
            200: page_schema("events", EventShape.schema()),
            **INVALID,
            **ERRORS,
            **NOT_FOUND,
        },
    )
    def get(self, request: Request, session_id: str) -> HttpResponse:
        query = inputs.EventsQuery(data=request.query_params)
        values = checked(query)
        known_id = parse_id(session_id)
        day = of_session(selectors.session_day(known_id))
        page = selectors.list_events(
            session_id=known_id,
            day=day,
            where=query.to_filter(),
            order=values["order"],
            limit=values["limit"],
        )
        return json_response({"events": page.items, "next_cursor": page.next_cursor})


class StreamView(CaptureView):
    """Where the stream process is described; it answers at this path (config/Caddyfile)."""

    @extend_schema(
        operation_id="streamEvents",
        summary="Events of a session as they come",
        description="Server-sent events. `id` is the event's id, `event` its category, `data` the "
        "object that the list of events shows. `event: stats` carries the session at most once a "
        "second, and with the `id` up to which everything was sent, so that a reader of rare types "
        "resumes there; `event: end` closes the stream of an ended session. A comment is sent "
        "every 15 seconds. A reader that is too slow is disconnected; resume with the header "
        "`Last-Event-ID` and nothing is missing or repeated.",
        tags=["capture"],
        parameters=[inputs.StreamQuery],
        responses={(200, "text/event-stream"): str, **INVALID, **ERRORS, **NOT_FOUND},
    )
    def get(self, request: Request, session_id: str) -> HttpResponse:
        detail = "Live events are served by the stream process; this is the web process."
        return json_response({"detail": detail}, status=503)


class HealthView(APIView):
    """For monitors; open to all."""

    authentication_classes: list = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="health",
        summary="Whether the server can do its work",
        tags=["capture"],
        responses={200: HEALTH_SCHEMA, 503: OpenApiResponse(HEALTH_SCHEMA, "A part is away")},
    )
    def get(self, request: Request) -> Response:
        found = health.checks(("database", "valkey"))
        parts = {
            name: "ok" if answer == health.OK else "unavailable" for name, answer in found.items()
        }
        is_ready = set(parts.values()) == {"ok"}
        content = {
            "status": "ok" if is_ready else "unavailable",
            "version": settings.SPECTACULAR_SETTINGS["VERSION"],
            **parts,
        }
        return Response(content, status=200 if is_ready else 503)


class UnknownView(CaptureView):
    """Everything else under /api/sessions/: a 404 in this API's own form."""

    permission_classes = [AllowAny]

    @extend_schema(exclude=True)
    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        raise NotFound("There is nothing at this address.")

    post = put = patch = delete = get
