"""The mobile endpoints, a file a topic. Importing a file declares its endpoints."""

from apps.moderation.endpoints import reports, verification

__all__ = ["reports", "verification"]
