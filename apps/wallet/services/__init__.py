"""What moves coins, a file a topic: purchases, payouts."""
