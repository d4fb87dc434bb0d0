"""ASGI entry point of the stream process: live events of sessions (apps/capture/streaming)."""

import os
import resource

import django

# Each reader is an open socket.
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from apps.capture.streaming.application import StreamApplication  # noqa: E402

application = StreamApplication()
