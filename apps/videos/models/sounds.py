"""Sounds, their sections in the library, and who keeps them."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q


class SoundSection(models.Model):
    """A shelf of the sound library."""

    name = models.CharField(max_length=100, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Sound(models.Model):
    """A piece of music or speech that videos use."""

    class UploadedBy(models.TextChoices):
        ADMIN = "admin"
        USER = "user"

    name = models.CharField(max_length=150)
    description = models.CharField(max_length=300, blank=True)
    section = models.ForeignKey(
        SoundSection,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="sounds",
        db_index=False,
        help_text="where the library shows it; without one it is only found by search",
    )
    audio = models.CharField(max_length=500, help_text="storage name or URL")
    thumbnail = models.CharField(max_length=500, blank=True, help_text="storage name or URL")
    duration = models.FloatField(default=0, validators=[MinValueValidator(0)], help_text="seconds")
    uploaded_by = models.CharField(
        max_length=10, choices=UploadedBy, default=UploadedBy.USER, help_text="whose upload it was"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="sounds",
        help_text="the person whose original sound it is",
    )
    publish = models.BooleanField(default=True, help_text="may be found and used by others")
    videos_count = models.PositiveIntegerField(
        default=0, help_text="public videos that use it; kept by triggers (models/counting.py)"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(duration__gte=0), name="videos_sound_duration")
        ]
        indexes = [
            models.Index(fields=["section", "-id"], name="videos_sound_section"),
            models.Index(
                fields=["-videos_count", "-id"],
                name="videos_sound_popular",
                condition=Q(publish=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SoundFavourite(models.Model):
    """Somebody keeps a sound."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="kept_sounds", db_index=False
    )
    sound = models.ForeignKey(Sound, models.CASCADE, related_name="favourites")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("user", "sound", name="videos_soundfavourite_once")]
        indexes = [models.Index(fields=["user", "-id"], name="videos_soundfavourite_page")]

    def __str__(self) -> str:
        return f"user {self.user_id} keeps sound {self.sound_id}"
