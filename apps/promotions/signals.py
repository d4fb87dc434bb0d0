"""What operators decided about promotions, for whoever listens. Sent inside the transaction."""

from django.dispatch import Signal

# With `promotion` (as it was before), `operator` (their id), `decision` (the kind of the line in
# the operators' log) and `reason`.
promotion_decided = Signal()
