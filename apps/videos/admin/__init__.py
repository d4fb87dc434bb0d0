"""Operators' view of the app, a file a topic. Importing a file registers its pages."""

from apps.videos.admin import library, videos

__all__ = ["library", "videos"]
