"""ASGI entry point of the stream process: live events of sessions (apps/capture/streaming)."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from apps.capture.streaming.application import StreamApplication  # noqa: E402

application = StreamApplication()
