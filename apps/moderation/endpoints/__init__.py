"""The mobile endpoints, a file a topic. Importing a file declares its endpoints."""

from apps.moderation.endpoints import reports

__all__ = ["reports"]
