"""Paths of exports; before those of apps/capture, which answers for what is left."""

from django.urls import re_path

from apps.exports import views

SESSION = r"^sessions/(?P<session_id>[^/]+)"
EXPORT = r"^exports/(?P<export_id>[^/]+)"
urlpatterns = [
    re_path(rf"{SESSION}/export/?$", views.ExportView.as_view(), name="export"),
    re_path(rf"{SESSION}/exports/?$", views.SessionExportsView.as_view(), name="session-exports"),
    re_path(r"^exports/?$", views.ExportsView.as_view(), name="exports"),
    re_path(rf"{EXPORT}/?$", views.OneExportView.as_view(), name="one-export"),
    re_path(rf"{EXPORT}/file/?$", views.ExportFileView.as_view(), name="export-file"),
]
