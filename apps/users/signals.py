"""What happened among people, for whoever listens. Sent inside the transaction of the change.

Each is sent with `follower` and `followed` (ids) and `follower_name`.
"""

from django.dispatch import Signal

followed = Signal()  # the follow exists now
follow_requested = Signal()  # `follower` asks to follow the private account `followed`
