"""Operators' view of the app, a file a topic. Importing a file registers its pages."""

from apps.videos.admin import feed, library, videos

__all__ = ["feed", "library", "videos"]
