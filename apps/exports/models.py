"""Exports that are made in the background, and their files."""

import uuid

from django.db import models
from django.db.models import Q

from apps.capture.models import Session
from apps.users.models import User


class Export(models.Model):
    """A file of a session's events: asked for, being made, or ready for a while."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    OPEN = (Status.WAITING, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(
        Session, models.SET_NULL, null=True, blank=True, related_name="exports"
    )
    format = models.CharField(max_length=10)
    filters = models.JSONField(default=dict, blank=True, help_text="which events")
    requested_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    error = models.CharField(max_length=300, blank=True, help_text="a sentence for people")
    rows = models.BigIntegerField(default=0, help_text="events written so far")
    total = models.BigIntegerField(default=0, help_text="events to write; 0 while not known")
    size = models.BigIntegerField(default=0, help_text="bytes of the file")
    file = models.CharField(max_length=200, blank=True, help_text="its name in private storage")
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now_add=True, help_text="last sign of its worker")
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="the file is removed then")

    class Meta:
        indexes = [
            models.Index(fields=["-created_at"], name="exports_export_newest"),
            models.Index(
                fields=["touched_at"],
                name="exports_export_open",
                condition=Q(status__in=["waiting", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.format} of session {self.session_id}"
