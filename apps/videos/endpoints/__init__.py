"""The mobile endpoints about videos, a file a topic. Importing a file declares its endpoints."""

from apps.videos.endpoints import comments, feed, following, profile, reactions, removal, upload

__all__ = ["comments", "feed", "following", "profile", "reactions", "removal", "upload"]
