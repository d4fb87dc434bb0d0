"""What happened with gifts, for whoever listens. Sent inside the gift's transaction."""

from django.dispatch import Signal

# With `room` (the live_streaming_id), `giver`, `receiver`, `gift` and `sent` (ids), `count`.
sent_in_room = Signal()

# With `sender_id` and `receiver_id`, what it says (`text`), its `key`, which is the same for all of
# a burst, and `video` and `room` (ids, or 0). Comes again with a new text while the burst goes on.
gifts_came = Signal()
