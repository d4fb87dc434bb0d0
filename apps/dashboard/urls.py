"""The operators' pages of captured lives."""

from django.urls import path

from apps.dashboard import history_views, overlay_views, views

app_name = "dashboard"
urlpatterns = [
    path("", views.sessions, name="sessions"),
    path("start", views.start, name="start"),
    path("sessions/<uuid:session_id>/", views.session, name="session"),
    path("sessions/<uuid:session_id>/stop", views.stop, name="stop"),
    path("history/", history_views.history, name="history"),
    path("streamers/", history_views.streamers, name="streamers"),
    path("streamers/watch", history_views.watch, name="watch"),
    path("streamers/<str:username>/", history_views.streamer, name="streamer"),
    path("compare/", history_views.compare, name="compare"),
    path("exports/", history_views.export_list, name="exports"),
    path("exports/<uuid:export_id>/remove", history_views.export_remove, name="export-remove"),
    path("overlays/", overlay_views.overlays, name="overlays"),
    path("overlays/<int:overlay_id>/revoke", overlay_views.revoke, name="overlay-revoke"),
    path("overlays/preview/<str:kind>/", overlay_views.preview, name="overlay-preview"),
]
