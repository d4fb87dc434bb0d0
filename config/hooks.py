"""WSGI entry point of the hooks process, which answers MediaMTX and nobody else.

granian --interface wsgi --host 127.0.0.1 --port 8083 config.hooks:application
"""

import os

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from apps.live.hooks import application  # noqa: E402
from apps.operations import signs  # noqa: E402
from config import prompt  # noqa: E402

prompt.answer_within(settings.DATABASE_STATEMENT_TIMEOUT_S)
signs.live(signs.HOOKS)
__all__ = ["application"]
