"""Demo content of capture: the demo's streamer, which a click begins to capture."""

from django.conf import settings

from apps.capture.models import Source, Streamer

DEMO_USERNAME = "demo"


def create() -> None:
    """Idempotent. Without a demo server there is nothing to show."""
    if settings.DEMO_WEBCAST_URL:
        Streamer.objects.get_or_create(
            source=Source.TIKTOK, username=DEMO_USERNAME, defaults={"nickname": "Demo streamer"}
        )
