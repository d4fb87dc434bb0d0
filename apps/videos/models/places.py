"""Places where videos were filmed."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class Place(models.Model):
    """A place that somebody named at a video, once: by Google's id, or else by its name."""

    name = models.CharField(max_length=200)
    address = models.CharField(max_length=500, blank=True)
    google_place_id = models.CharField(max_length=200, blank=True)
    lat = models.FloatField(null=True, blank=True)
    long = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["google_place_id"],
                name="videos_place_google_once",
                condition=~Q(google_place_id=""),
            ),
            models.UniqueConstraint(
                Lower("name"), name="videos_place_name_once", condition=Q(google_place_id="")
            ),
        ]
        indexes = [models.Index(Lower("name"), name="videos_place_name")]

    def __str__(self) -> str:
        return self.name
