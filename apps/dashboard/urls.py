"""The operators' pages of captured lives."""

from django.urls import path

from apps.dashboard import views

app_name = "dashboard"
urlpatterns = [
    path("", views.sessions, name="sessions"),
    path("start", views.start, name="start"),
    path("sessions/<uuid:session_id>/", views.session, name="session"),
    path("sessions/<uuid:session_id>/stop", views.stop, name="stop"),
]
