"""The capture API's statistics: participants, one person's activity, sums, streamers."""

import uuid
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from apps.capture import inputs, selectors, statistics
from apps.capture.shapes import EventShape, GiftShape, ParticipantShape, StreamerShape
from apps.capture.views import (
    ERROR_SCHEMA,
    ERRORS,
    INVALID,
    NOT_FOUND,
    CaptureView,
    checked,
    json_response,
    of_session,
    page_schema,
    parse_id,
)

NO_PERSON = "This person did nothing in this session."
ACTIVITY_SCHEMA = page_schema("events", EventShape.schema())
ACTIVITY_SCHEMA["properties"] |= {
    "user": ParticipantShape.schema(),
    "gifts": {"type": "array", "items": GiftShape.schema()},
}


def known_session(text: str) -> tuple[uuid.UUID, Any]:
    """The id and the day of a session that exists. Raises NotFound."""
    session_id = parse_id(text)
    return session_id, of_session(selectors.session_day(session_id))


class ParticipantsView(CaptureView):
    """Who took part in a session."""

    @extend_schema(
        operation_id="listParticipants",
        summary="People of a session with what each did, those with the most first",
        tags=["capture"],
        parameters=[inputs.ParticipantsQuery],
        responses={
            200: page_schema("participants", ParticipantShape.schema()),
            **INVALID,
            **ERRORS,
            **NOT_FOUND,
        },
    )
    def get(self, request: Request, session_id: str) -> HttpResponse:
        values = checked(inputs.ParticipantsQuery(data=request.query_params))
        page = statistics.list_participants(session_id=known_session(session_id)[0], **values)
        return json_response({"participants": page.items, "next_cursor": page.next_cursor})


class ActivityView(CaptureView):
    """What one person did in a session."""

    @extend_schema(
        operation_id="showActivity",
        summary="What one person did in a session: sums, gifts and events, the newest first",
        description="`user_id` is TikTok's number of the person. Pass `next_cursor` as `before`.",
        tags=["capture"],
        parameters=[inputs.ActivityQuery],
        responses={
            200: ACTIVITY_SCHEMA,
            **INVALID,
            **ERRORS,
            404: OpenApiResponse(ERROR_SCHEMA, "No such session, or the person did nothing in it"),
        },
    )
    def get(self, request: Request, session_id: str, user_id: str) -> HttpResponse:
        values = checked(inputs.ActivityQuery(data=request.query_params))
        known_id, day = known_session(session_id)
        number = int(user_id)
        user = None
        if number <= inputs.BIGGEST_ID:
            user = statistics.find_participant(session_id=known_id, user_id=number)
        if user is None:
            raise NotFound(NO_PERSON)
        page = selectors.list_events(
            session_id=known_id,
            day=day,
            where=selectors.EventFilter(user=str(number), before=values["before"]),
            limit=values["limit"],
        )
        gifts = statistics.list_gifts_of(session_id=known_id, user_id=number)
        content = {"user": user, "gifts": gifts, "events": page.items}
        return json_response(content | {"next_cursor": page.next_cursor})


class StatisticsView(CaptureView):
    """What a session adds up to."""

    @extend_schema(
        operation_id="showStatistics",
        summary="Rates, peak, unique users and top lists of a session",
        description="`minutes` counts events by the minute in which they happened. A gift's "
        "diamonds, with all its streak, stand in `gift_minutes` at the minute it began. "
        "`unique_users` counts people that TikTok named in any event.",
        tags=["capture"],
        parameters=[inputs.StatisticsQuery],
        responses={200: statistics.STATISTICS_SCHEMA, **INVALID, **ERRORS, **NOT_FOUND},
    )
    def get(self, request: Request, session_id: str) -> HttpResponse:
        values = checked(inputs.StatisticsQuery(data=request.query_params))
        found = statistics.session_statistics(session_id=parse_id(session_id), top=values["top"])
        return json_response(of_session(found))


class StreamersView(CaptureView):
    """Whose lives were captured."""

    @extend_schema(
        operation_id="listStreamers",
        summary="Streamers with their latest sessions, those live last first",
        tags=["capture"],
        parameters=[inputs.StreamersQuery],
        responses={200: page_schema("streamers", StreamerShape.schema()), **INVALID, **ERRORS},
    )
    def get(self, request: Request) -> HttpResponse:
        page = statistics.list_streamers(
            **checked(inputs.StreamersQuery(data=request.query_params))
        )
        return json_response({"streamers": page.items, "next_cursor": page.next_cursor})
