"""WSGI entry point of the web process."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config import prompt

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
prompt.answer_within(settings.DATABASE_STATEMENT_TIMEOUT_S)
