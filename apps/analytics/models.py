"""What is counted out of stored events after they were stored: words, emoji, viewers by minute.

Kept by counting.py, never in the transaction that stores the events: storing stays fast.
"""

from django.db import models

from apps.capture.models import Session


class Progress(models.Model):
    """Up to which event a session was counted."""

    session = models.OneToOneField(
        Session, models.CASCADE, primary_key=True, related_name="analytics_progress"
    )
    up_to_id = models.BigIntegerField(default=0, help_text="the last event that is counted")

    def __str__(self) -> str:
        return f"counted up to {self.up_to_id}"


class Word(models.Model):
    """In how many chat messages of a session a word or an emoji stands."""

    class Kind(models.TextChoices):
        WORD = "word"
        EMOJI = "emoji"

    pk = models.CompositePrimaryKey("session_id", "kind", "word")
    session = models.ForeignKey(
        Session, models.CASCADE, related_name="words", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=5, choices=Kind)
    word = models.CharField(max_length=40)
    messages = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.word} in {self.messages} messages"


class ViewerMinute(models.Model):
    """The most viewers that TikTok named within a minute of a session."""

    pk = models.CompositePrimaryKey("session_id", "minute")
    session = models.ForeignKey(
        Session, models.CASCADE, related_name="viewer_minutes", db_index=False, db_constraint=False
    )
    minute = models.DateTimeField()
    viewers = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.viewers} at {self.minute}"
