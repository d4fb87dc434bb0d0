"""Operators' view of what people were told."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import action

from apps.notifications import models
from config.admin import OptionalReasonForm, ReadOnlyAdmin, asks, noted


@admin.register(models.Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("id", "receiver", "type", "text", "sender", "read", "created_at")
    list_filter = ("type", "read", "created_at")
    search_fields = ("receiver__username", "sender__username", "=receiver__id")
    list_select_related = ("receiver", "sender")
    raw_id_fields = ("video",)


@admin.register(models.Push)
class PushAdmin(ReadOnlyAdmin):
    """The outbox; `problem` says why something was not sent."""

    list_display = ("id", "receiver", "title", "state", "attempts", "due_at", "problem")
    list_filter = ("state", "created_at")
    search_fields = ("receiver__username", "=receiver__id", "problem")
    list_select_related = ("receiver",)
    actions = ["send_again"]

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_push")

    @action(description="Send again", permissions=["send"])
    @asks("Send these pushes to people's phones again?", OptionalReasonForm, button="Send")
    @noted("send push again")
    def send_again(
        self, request: HttpRequest, queryset: QuerySet[models.Push], reason: str
    ) -> None:
        again = queryset.update(state=models.Push.State.PENDING, attempts=0, due_at=timezone.now())
        self.message_user(request, f"{again} pushes will be sent again.")
