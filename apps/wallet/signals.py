"""What became of people's money, for whoever listens. Sent inside the transaction of the change."""

from django.dispatch import Signal

# With `payout` (its row, moved on), `operator` (id) and `note`.
payout_decided = Signal()
