"""What requests to the capture API may hold."""

from typing import Any

from rest_framework import serializers

from apps.capture import selectors, services, statistics
from apps.capture.categories import MOST_NAMES, UnknownName, read_names
from apps.capture.models import Session
from apps.capture.selectors import BIGGEST_ID


class UsernameField(serializers.CharField):
    """`ada`, `@Ada` or the address of her page or live; becomes `ada`."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return services.clean_username(super().to_internal_value(data))
        except services.InvalidUsername as error:
            raise serializers.ValidationError(str(error)) from error


class StartInput(serializers.Serializer):
    username = UsernameField(max_length=200, help_text="`ada`, `@ada` or the address of her live")


class SessionsQuery(serializers.Serializer):
    status = serializers.ChoiceField(
        [*Session.Status.values, selectors.OPEN],
        default="",
        help_text="`open` stands for every session that has not ended",
    )
    username = UsernameField(max_length=200, default="")
    cursor = serializers.UUIDField(default=None, help_text="`next_cursor` of the page before")
    limit = serializers.IntegerField(min_value=1, max_value=selectors.SESSIONS_LIMIT, default=20)


def check_names(text: str) -> None:
    """Categories and types with commas between them."""
    try:
        read_names(text)
    except UnknownName as error:
        raise serializers.ValidationError(str(error)) from error


class EventsFilterQuery(serializers.Serializer):
    type = serializers.CharField(
        max_length=1000,
        default="",
        allow_blank=True,
        validators=[check_names],
        help_text="Comma-separated categories (`chat,gift`) or TikTok's message names, at most "
        f"{MOST_NAMES}",
    )
    category = serializers.CharField(
        max_length=300,
        default="",
        allow_blank=True,
        validators=[check_names],
        help_text="The same as `type`",
    )
    user = serializers.CharField(
        max_length=100, default="", allow_blank=True, help_text="TikTok's user id or name"
    )
    text = serializers.CharField(
        max_length=200, default="", allow_blank=True, help_text="Part of the text, any case"
    )
    after = serializers.IntegerField(
        min_value=0, max_value=BIGGEST_ID, default=None, help_text="Events with a greater id"
    )
    before = serializers.IntegerField(
        min_value=0, max_value=BIGGEST_ID, default=None, help_text="Events with a smaller id"
    )

    since = serializers.DateTimeField(
        default=None, help_text="Events that happened then or later, as 2026-01-31T18:30:00Z"
    )
    until = serializers.DateTimeField(default=None, help_text="Events that happened before")

    def to_filter(self) -> selectors.EventFilter:
        values = self.validated_data
        return selectors.EventFilter(
            types=tuple(dict.fromkeys(read_names(values["type"]) + read_names(values["category"]))),
            user=values["user"],
            text=values["text"],
            after=values["after"],
            before=values["before"],
            since=values["since"],
            until=values["until"],
        )


class EventsQuery(EventsFilterQuery):
    order = serializers.ChoiceField([selectors.NEWEST, selectors.OLDEST], default=selectors.NEWEST)
    cursor = serializers.IntegerField(
        min_value=0,
        max_value=BIGGEST_ID,
        default=None,
        help_text="`next_cursor` of the page before, in the same order",
    )
    limit = serializers.IntegerField(min_value=1, max_value=selectors.EVENTS_LIMIT, default=100)

    def to_filter(self) -> selectors.EventFilter:
        where, cursor = super().to_filter(), self.validated_data["cursor"]
        if cursor is None:
            return where
        if self.validated_data["order"] == selectors.OLDEST:
            return where.between(max(cursor, where.after or 0), where.before)
        return where.between(where.after, min(cursor, where.before or BIGGEST_ID))


class OffsetField(serializers.IntegerField):
    def __init__(self, **options: Any) -> None:
        help_text = "`next_cursor` of the page before"
        super().__init__(
            min_value=0, max_value=BIGGEST_ID, default=0, help_text=help_text, **options
        )


class ParticipantsQuery(serializers.Serializer):
    sort = serializers.ChoiceField(statistics.SORTS, default="events")
    cursor = OffsetField()
    limit = serializers.IntegerField(min_value=1, max_value=statistics.PEOPLE_LIMIT, default=50)


class ActivityQuery(serializers.Serializer):
    before = serializers.IntegerField(
        min_value=0, max_value=BIGGEST_ID, default=None, help_text="Events with a smaller id"
    )
    limit = serializers.IntegerField(min_value=1, max_value=selectors.EVENTS_LIMIT, default=100)


class StatisticsQuery(serializers.Serializer):
    top = serializers.IntegerField(
        min_value=1, max_value=100, default=10, help_text="How long the top lists are"
    )


class StreamersQuery(serializers.Serializer):
    username = UsernameField(max_length=200, default="")
    watched = serializers.BooleanField(
        default=None, allow_null=True, help_text="Only those on the watch list, or only others"
    )
    cursor = OffsetField()
    limit = serializers.IntegerField(min_value=1, max_value=statistics.STREAMERS_LIMIT, default=50)


class StreamQuery(serializers.Serializer):
    """Described here for the API's document; read by streaming/asking.py."""

    types = serializers.CharField(
        required=False,
        help_text="Comma-separated categories (`chat,gift`) or message names, at most "
        f"{MOST_NAMES}",
    )
    overlay = serializers.CharField(
        required=False,
        help_text="An overlay's token (`ov_...`) in place of a key: it opens the session that the "
        "overlay shows now, with the overlay's types of events",
    )
    last_event_id = serializers.IntegerField(
        required=False, help_text="For clients that can't send the header `Last-Event-ID`"
    )
