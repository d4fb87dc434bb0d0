"""The operators' pages of live rooms."""

from django.urls import path

from apps.live import views

app_name = "live"
urlpatterns = [
    path("", views.rooms, name="rooms"),
    path("<int:room_id>/", views.room, name="room"),
    path("<int:room_id>/end", views.end, name="end"),
]
