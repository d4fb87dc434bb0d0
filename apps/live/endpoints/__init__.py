"""Live rooms of the mobile API, a file a topic. Importing them registers their endpoints."""

from apps.live.endpoints import cohosts, hosting, talking, watching

__all__ = ["cohosts", "hosting", "talking", "watching"]
