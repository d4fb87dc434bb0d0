"""Paths of the capture API, each with or without a slash at the end."""

from django.urls import re_path

from apps.capture import statistics_views, views, watch_views

urlpatterns = [
    re_path(r"^sessions/?$", views.SessionsView.as_view(), name="sessions"),
    re_path(r"^sessions/(?P<session_id>[^/]+)/?$", views.SessionView.as_view(), name="session"),
    re_path(
        r"^sessions/(?P<session_id>[^/]+)/events/?$", views.EventsView.as_view(), name="events"
    ),
    re_path(
        r"^sessions/(?P<session_id>[^/]+)/stream/?$", views.StreamView.as_view(), name="stream"
    ),
    re_path(
        r"^sessions/(?P<session_id>[^/]+)/participants/?$",
        statistics_views.ParticipantsView.as_view(),
        name="participants",
    ),
    re_path(
        r"^sessions/(?P<session_id>[^/]+)/users/(?P<user_id>[0-9]{1,20})/activity/?$",
        statistics_views.ActivityView.as_view(),
        name="activity",
    ),
    re_path(
        r"^sessions/(?P<session_id>[^/]+)/stats/?$",
        statistics_views.StatisticsView.as_view(),
        name="statistics",
    ),
    re_path(r"^streamers/?$", statistics_views.StreamersView.as_view(), name="streamers"),
    re_path(
        r"^streamers/(?P<username>[^/]+)/?$", watch_views.StreamerView.as_view(), name="streamer"
    ),
    re_path(
        r"^streamers/(?P<username>[^/]+)/watch/?$", watch_views.WatchView.as_view(), name="watch"
    ),
    re_path(r"^streamers/(?P<username>[^/]+)/live/?$", watch_views.LiveView.as_view(), name="live"),
    re_path(r"^health/?$", views.HealthView.as_view(), name="health"),
    re_path(r"^sessions/.*$", views.UnknownView.as_view()),
]
