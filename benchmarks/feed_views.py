"""What the feed is measured against: the same page by other means, behind bare Django views.

Only benchmarks/feed.py serves these, with benchmarks.feed_settings.
"""

from typing import Any

import orjson
import psycopg
from django.db import connection
from django.db.models import BooleanField, Exists, OuterRef, QuerySet, Value
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from psycopg.types.numeric import Int8
from rest_framework import serializers

from apps.users.models import PrivacySetting, PushNotificationSetting, User
from apps.videos.feed.candidates import named
from apps.videos.feed.filters import IN_FEED, Audience
from apps.videos.feed.page import items, page_steps
from apps.videos.models import Sound, Video, VideoFavourite, VideoLike, VideoRepost, VideoWatch

PERSON = Audience(is_user=True, has_device=False)
MEDIA_URL = "http://127.0.0.1/media/"
GUARDED_URL = "http://127.0.0.1/guarded/x/"


def bare(request: HttpRequest) -> HttpResponse:
    """What Django itself costs."""
    return JsonResponse({"code": 200, "msg": []})


def same_page_sql() -> str:
    """The feed's own statement without its note of what was served."""
    return whole_body(f"WITH {named(page_steps(PERSON))} {items('page')}")


def whole_body(sql: str) -> str:
    """A statement that writes the answer down to the last bracket."""
    return f"""SELECT '{{"code":200,"msg":[' || string_agg(o::text, ',') || ']}}'
        FROM ({sql}) page(o, is_promoted)"""


SAME_PAGE_SQL = same_page_sql()
TEN_NEWEST_SQL = whole_body(f"""
    WITH page AS (
        SELECT v.id, -v.id AS place, 0 AS turn, 0 AS promotion_id FROM videos_video v
        WHERE {IN_FEED} ORDER BY v.id DESC LIMIT 10
    ) {items("page")}""")


def parameters_of(request: HttpRequest) -> dict[str, Any]:
    viewer = orjson.loads(request.body)["viewer"]
    return {
        "viewer_id": Int8(viewer),
        "device_id": Int8(0),
        "offset": Int8(0),
        "seed": Int8(viewer),
        "media_url": MEDIA_URL,
        "guarded_url": GUARDED_URL,
        "promoted_id": Int8(0),
        "promotion_id": Int8(0),
        "promotion": None,
    }


def answer(sql: str, request: HttpRequest) -> HttpResponse:
    connection.ensure_connection()
    raw = connection.connection
    raw.prepare_threshold = 3
    row = psycopg.Cursor(raw).execute(sql, parameters_of(request)).fetchone()
    return HttpResponse(row[0], content_type="application/json")


def same_statement(request: HttpRequest) -> HttpResponse:
    """The fastest hand-written view that returns the feed's bytes from one SQL statement."""
    return answer(SAME_PAGE_SQL, request)


def ten_newest(request: HttpRequest) -> HttpResponse:
    """The same without choosing: the ten newest videos for everyone, with the viewer's flags."""
    return answer(TEN_NEWEST_SQL, request)


class PushSerializer(serializers.ModelSerializer):
    class Meta:
        model = PushNotificationSetting
        fields = "__all__"


class PrivacySerializer(serializers.ModelSerializer):
    class Meta:
        model = PrivacySetting
        fields = "__all__"


class SoundSerializer(serializers.ModelSerializer):
    class Meta:
        model = Sound
        fields = "__all__"


class UserSerializer(serializers.ModelSerializer):
    push_setting = PushSerializer()
    privacy_setting = PrivacySerializer()

    class Meta:
        model = User
        fields = (
            *("id", "username", "first_name", "last_name", "bio", "website", "gender"),
            *("profile_pic", "profile_pic_small", "profile_gif", "city", "country", "verified"),
            *("is_private", "followers_count", "following_count", "likes_count", "video_count"),
            *("created_at", "push_setting", "privacy_setting"),
        )


class VideoSerializer(serializers.ModelSerializer):
    user = UserSerializer()
    sound = SoundSerializer()
    like = serializers.BooleanField()
    favourite = serializers.BooleanField()
    repost = serializers.BooleanField()
    button = serializers.BooleanField()

    class Meta:
        model = Video
        exclude = ("hashtags",)


def mine(model: type, viewer: int) -> Exists:
    return Exists(model.objects.filter(user_id=viewer, video_id=OuterRef("pk")))


def orm_page(viewer: int) -> QuerySet[Video]:
    """The ten newest videos that the viewer has not been served, as the ORM fetches them."""
    relations = ("user", "user__push_setting", "user__privacy_setting", "sound")
    return (
        Video.objects.filter(state="ready", privacy="public", block=False, is_story=False)
        .filter(user__status="active", user__is_private=False)
        .filter(~mine(VideoWatch, viewer))
        .select_related(*relations)
        .annotate(
            like=mine(VideoLike, viewer),
            favourite=mine(VideoFavourite, viewer),
            repost=mine(VideoRepost, viewer),
            button=Value(False, output_field=BooleanField()),
        )
        .order_by("-id")[:10]
    )


def drf_serializers(request: HttpRequest) -> HttpResponse:
    """Nested DRF serializers over the ORM: fewer keys than the contract has, nothing noted."""
    viewer = orjson.loads(request.body)["viewer"]
    page = VideoSerializer(orm_page(viewer), many=True).data
    return HttpResponse(
        orjson.dumps({"code": 200, "msg": page}, default=str), content_type="application/json"
    )


urlpatterns = [
    path("bare", bare),
    path("same-statement", same_statement),
    path("ten-newest", ten_newest),
    path("drf-serializers", drf_serializers),
]
