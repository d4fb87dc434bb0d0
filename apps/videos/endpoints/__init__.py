"""The mobile endpoints about videos, a file a topic. Importing a file declares its endpoints."""

from apps.videos.endpoints import (
    comments,
    direct,
    discovery,
    downloads,
    feed,
    following,
    hashtags,
    numbers,
    places,
    playlists,
    profile,
    reactions,
    removal,
    sounds,
    stories,
    upload,
)

__all__ = [
    "comments",
    "direct",
    "discovery",
    "downloads",
    "feed",
    "following",
    "hashtags",
    "numbers",
    "places",
    "playlists",
    "profile",
    "reactions",
    "removal",
    "sounds",
    "stories",
    "upload",
]
