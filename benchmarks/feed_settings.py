"""The project's settings with no middleware, for the views that the feed is measured against."""

from config.settings import *  # noqa: F403

MIDDLEWARE: list[str] = []
ROOT_URLCONF = "benchmarks.feed_views"
