"""The mobile endpoints about videos, a file a topic. Importing a file declares its endpoints."""

from apps.videos.endpoints import (
    comments,
    discovery,
    feed,
    following,
    hashtags,
    places,
    profile,
    reactions,
    removal,
    sounds,
    upload,
)

__all__ = [
    "comments",
    "discovery",
    "feed",
    "following",
    "hashtags",
    "places",
    "profile",
    "reactions",
    "removal",
    "sounds",
    "upload",
]
