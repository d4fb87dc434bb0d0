"""Money as the clients see it, a file a topic."""
