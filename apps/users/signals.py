"""What happened among people, for whoever listens. Sent inside the transaction of the change."""

from django.dispatch import Signal

# With `follower` and `followed` (ids) and `follower_name`.
followed = Signal()  # the follow exists now
follow_requested = Signal()  # `follower` asks to follow the private account `followed`
# With `blocker` and `blocked` (ids).
blocked = Signal()
# With `referrer` and `newcomer` (ids): an account named somebody's referral code.
referred = Signal()
