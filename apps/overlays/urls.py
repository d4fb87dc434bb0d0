"""Addresses of overlays."""

from django.urls import path

from apps.overlays import views

app_name = "overlays"
urlpatterns = [
    path("<str:token>/", views.page, name="page"),
    path("<str:token>/state", views.state, name="state"),
]
