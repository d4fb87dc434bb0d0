"""The capture API's analytics: words and emoji, returning viewers, sessions side by side."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from apps.analytics import selectors
from apps.analytics.shapes import ComparedShape, RegularShape, WordShape
from apps.capture.shapes import moment
from apps.capture.views import (
    ERRORS,
    INVALID,
    NOT_FOUND,
    CaptureView,
    checked,
    json_response,
    of_session,
    parse_id,
)

WORD_LIST = {"type": "array", "items": WordShape.schema()}
WORDS_SCHEMA = {
    "type": "object",
    "properties": {"words": WORD_LIST, "emoji": WORD_LIST, "complete": {"type": "boolean"}},
}
RETURNING_SCHEMA = {
    "type": "object",
    "properties": {
        "sessions_before": {"type": "integer", "description": "that were looked at"},
        "unique_users": {"type": "integer"},
        "returning_users": {"type": "integer"},
        "regulars": {"type": "array", "items": RegularShape.schema()},
    },
}
VIEWERS_SCHEMA = {
    "type": "object",
    "properties": {
        "minutes": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"minute": moment("minute").schema, "viewers": {"type": "integer"}},
            },
        }
    },
}
COMPARE_SCHEMA = {
    "type": "object",
    "properties": {"sessions": {"type": "array", "items": ComparedShape.schema()}},
}


class WordsQuery(serializers.Serializer):
    limit = serializers.IntegerField(min_value=1, max_value=selectors.WORDS_LIMIT, default=50)


class RegularsQuery(serializers.Serializer):
    limit = serializers.IntegerField(min_value=1, max_value=selectors.REGULARS_LIMIT, default=20)


class CompareQuery(serializers.Serializer):
    session = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=selectors.COMPARED_LIMIT,
        help_text=f"Ids of sessions, up to {selectors.COMPARED_LIMIT}; repeat the parameter",
    )


class WordsView(CaptureView):
    """What is written about."""

    @extend_schema(
        operation_id="listWords",
        summary="Words and emoji of a session's chat, the most common first",
        description="`messages` is in how many chat messages the word or emoji stands. Links, "
        "mentions, numbers and very common words are left out. `complete` is false while the "
        "latest events wait to be counted, which takes seconds.",
        tags=["capture"],
        parameters=[WordsQuery],
        responses={200: WORDS_SCHEMA, **INVALID, **ERRORS, **NOT_FOUND},
    )
    def get(self, request: Request, session_id: str) -> HttpResponse:
        values = checked(WordsQuery(data=request.query_params))
        found = selectors.top_words(session_id=parse_id(session_id), limit=values["limit"])
        return json_response(of_session(found))


class ReturningView(CaptureView):
    """Who came back."""

    @extend_schema(
        operation_id="listReturningViewers",
        summary="People of a session who took part in the streamer's earlier sessions",
        description=f"The {selectors.EARLIER_SESSIONS} sessions before are looked at. `sessions` "
        "of a person counts this one too.",
        tags=["capture"],
        parameters=[RegularsQuery],
        responses={200: RETURNING_SCHEMA, **INVALID, **ERRORS, **NOT_FOUND},
    )
    def get(self, request: Request, session_id: str) -> HttpResponse:
        values = checked(RegularsQuery(data=request.query_params))
        found = selectors.returning_viewers(session_id=parse_id(session_id), **values)
        return json_response(of_session(found))


class ViewersView(CaptureView):
    """How many watched, by minute."""

    @extend_schema(
        operation_id="listViewers",
        summary="The most viewers of a session in each minute",
        tags=["capture"],
        responses={200: VIEWERS_SCHEMA, **ERRORS, **NOT_FOUND},
    )
    def get(self, request: Request, session_id: str) -> HttpResponse:
        found = selectors.viewers(session_id=parse_id(session_id))
        return json_response(of_session(found))


class CompareView(CaptureView):
    """Sessions side by side."""

    @extend_schema(
        operation_id="compareSessions",
        summary="Sessions side by side: sums, people, and a curve by minute since the beginning",
        tags=["capture"],
        parameters=[CompareQuery],
        responses={200: COMPARE_SCHEMA, **INVALID, **ERRORS},
    )
    def get(self, request: Request) -> HttpResponse:
        ids = request.query_params.getlist("session")
        values = checked(CompareQuery(data={"session": ids}))
        return json_response({"sessions": selectors.compare(values["session"])})
