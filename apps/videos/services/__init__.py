"""Changes of state, a file a topic. Each function is one transaction."""
