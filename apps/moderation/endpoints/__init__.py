"""The mobile endpoints, a file a topic. Importing a file declares its endpoints."""

from apps.moderation.endpoints import detection, reports, verification

__all__ = ["detection", "reports", "verification"]
