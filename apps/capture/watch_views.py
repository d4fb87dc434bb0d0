"""The capture API's watch list, and whether somebody is live right now."""

from typing import Any

from django.core.cache import cache
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request

from apps.capture import live_check, selectors, services, watching
from apps.capture.models import Streamer
from apps.capture.shapes import StreamerShape
from apps.capture.sources import LiveError
from apps.capture.views import ERROR_SCHEMA, ERRORS, INVALID, CaptureView, json_response

NO_STREAMER = "No live of this streamer was captured, and they are not watched."
NOT_FOUND = {404: OpenApiResponse(ERROR_SCHEMA, "No such streamer here")}
# A page that asks again and again is answered from here.
LIVE_CACHED_S = 10
LIVE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "username": {"type": "string"},
        "live": {"type": "boolean"},
        "status": {"type": "string", "enum": Streamer.WatchStatus.values[1:]},
        "detail": {"type": "string", "description": "a sentence for people"},
        "room_id": {"type": "string"},
    },
}


def parse_name(text: str) -> str:
    try:
        return services.clean_username(text)
    except services.InvalidUsername as error:
        raise ValidationError({"username": [str(error)]}) from error


def streamer_response(username: str) -> HttpResponse:
    found = selectors.find_streamer(username)
    if found is None:
        raise NotFound(NO_STREAMER)
    return json_response(found)


class StreamerView(CaptureView):
    """One streamer."""

    @extend_schema(
        operation_id="getStreamer",
        summary="A streamer with the latest sessions and the state of the watch",
        tags=["capture"],
        responses={200: StreamerShape.schema(), **INVALID, **ERRORS, **NOT_FOUND},
    )
    def get(self, request: Request, username: str) -> HttpResponse:
        return streamer_response(parse_name(username))


class WatchView(CaptureView):
    """A streamer's place on the watch list."""

    @extend_schema(
        operation_id="watchStreamer",
        summary="Capture every live of a streamer as it begins",
        description="A look is taken about once a minute. Nothing changes for one who is watched.",
        tags=["capture"],
        request=None,
        responses={200: StreamerShape.schema(), **INVALID, **ERRORS},
    )
    def post(self, request: Request, username: str) -> HttpResponse:
        return streamer_response(watching.watch(username=parse_name(username)).username)

    @extend_schema(
        operation_id="unwatchStreamer",
        summary="Watch a streamer no longer",
        description="A session that runs goes on.",
        tags=["capture"],
        responses={200: StreamerShape.schema(), **INVALID, **ERRORS, **NOT_FOUND},
    )
    def delete(self, request: Request, username: str) -> HttpResponse:
        name = parse_name(username)
        watching.unwatch(username=name)
        return streamer_response(name)


class LiveView(CaptureView):
    """Whether somebody is live, asked of TikTok."""

    @extend_schema(
        operation_id="checkLive",
        summary="Whether a streamer is live right now",
        description="TikTok is asked at most every ten seconds for one name. Costs no signature.",
        tags=["capture"],
        responses={200: LIVE_SCHEMA, **INVALID, **ERRORS},
    )
    def get(self, request: Request, username: str) -> HttpResponse:
        name = parse_name(username)
        content = cache.get_or_set(f"capture:live:{name}", lambda: live_state(name), LIVE_CACHED_S)
        return json_response(content)


def live_state(username: str) -> dict[str, Any]:
    state = {"username": username, "live": True, "status": "live", "room_id": ""}
    try:
        return state | {
            "room_id": live_check.find_live(username),
            "detail": f"@{username} is live.",
        }
    except LiveError as error:
        return state | {"live": False, "status": error.code, "detail": str(error)}
