"""What happened with gifts, for whoever listens. Sent inside the gift's transaction."""

from django.dispatch import Signal

# With `room` (the live_streaming_id), `giver`, `receiver`, `gift` and `sent` (ids), `count`.
sent_in_room = Signal()
