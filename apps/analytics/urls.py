"""Paths of the analytics; before those of apps/capture, which answers for what is left."""

from django.urls import re_path

from apps.analytics import views

SESSION = r"^sessions/(?P<session_id>[^/]+)"
urlpatterns = [
    re_path(rf"{SESSION}/words/?$", views.WordsView.as_view(), name="words"),
    re_path(rf"{SESSION}/returning/?$", views.ReturningView.as_view(), name="returning"),
    re_path(rf"{SESSION}/viewers/?$", views.ViewersView.as_view(), name="viewers"),
    re_path(r"^compare/?$", views.CompareView.as_view(), name="compare"),
]
