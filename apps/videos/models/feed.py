"""How the For-you feed ranks."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q


def weight(default: float, help_text: str) -> models.FloatField:
    return models.FloatField(
        default=default,
        db_default=default,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=help_text,
    )


def number(default: int, most: int, help_text: str) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(
        default=default,
        db_default=default,
        validators=[MaxValueValidator(most)],
        help_text=help_text,
    )


class FeedWeights(models.Model):
    """How the For-you feed ranks (docs/operators/feed.md). One row; without it, the defaults.

    The feed reads the row in its own statement, so that a change counts from the next page on.
    """

    completion = weight(2, "how much of it people watch, 0 to 1")
    likes = weight(1, "per tenfold of likes")
    comments = weight(0.6, "per tenfold of comments")
    shares = weight(0.8, "per tenfold of shares")
    youth = weight(4, "1 for a new video, halved after each half-life")
    followed = weight(2, "the viewer follows the author")
    affinity = weight(3, "0 to 1: as much as the viewer likes its tags and its sound")
    chance = weight(1, "0 to 1, anew for each page")
    quick_skips = weight(3, "minus: the share of plays that ended at once, 0 to 1")
    not_interested = weight(1, "minus: per tenfold of people who were not interested")
    reports = weight(3, "minus: per tenfold of people who reported it")
    half_life_h = models.PositiveSmallIntegerField(
        "half-life of youth",
        default=24,
        db_default=24,
        validators=[MinValueValidator(1), MaxValueValidator(2000)],
        help_text="hours",
    )
    fresh_slots = number(1, 3, "places on each page for videos without an audience yet")
    exploration_slots = number(1, 3, "places on each page for videos from anywhere")
    fresh_audience = number(50, 10_000, "views after which a video has had its first audience")
    fresh_days = number(7, 60, "days after which it waits no longer")

    class Meta:
        verbose_name_plural = "feed weights"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="videos_feedweights_one_row")]

    def __str__(self) -> str:
        return "weights of the feed"
