"""Overlays: pages that a streamer's program (OBS) shows over the picture of a live."""

from django.db import models
from django.db.models import Q

from apps.capture.models import Session, Streamer


class Overlay(models.Model):
    """What one address shows. Only the digest of its token is kept; the text is shown once."""

    class Kind(models.TextChoices):
        CHAT = "chat", "Chat"
        ALERTS = "alerts", "Alerts"
        GOAL = "goal", "Goal"
        GIFTERS = "gifters", "Top gifters"

    class Metric(models.TextChoices):
        DIAMONDS = "diamonds"
        LIKES = "likes"
        FOLLOWS = "follows"
        GIFTS = "gifts"
        SHARES = "shares"

    # What the page of each kind listens to, and all that its token opens.
    CATEGORIES = {
        Kind.CHAT: ("chat",),
        Kind.ALERTS: ("gift", "social", "envelope"),
        Kind.GOAL: ("goal",),
        Kind.GIFTERS: ("gift",),
    }

    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=100, blank=True, help_text="for you; viewers don't see it")
    streamer = models.ForeignKey(
        Streamer, models.CASCADE, null=True, blank=True, related_name="overlays"
    )
    session = models.ForeignKey(
        Session, models.CASCADE, null=True, blank=True, related_name="overlays"
    )
    title = models.CharField(max_length=60, blank=True, help_text="viewers see it")
    metric = models.CharField(max_length=10, choices=Metric, default=Metric.DIAMONDS)
    target = models.PositiveIntegerField(default=1000, help_text="of a goal")
    min_diamonds = models.PositiveIntegerField(default=0, help_text="of a gift with an alert")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False, help_text="how the token begins")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(streamer__isnull=False, session__isnull=True)
                | Q(streamer__isnull=True, session__isnull=False),
                name="overlays_overlay_one_scope",
            )
        ]

    def __str__(self) -> str:
        return self.name or f"{self.get_kind_display()} ({self.hint}...)"
