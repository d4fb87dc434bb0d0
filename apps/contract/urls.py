"""Absolute addresses in answers."""

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import HttpRequest


def public_url(request: HttpRequest) -> str:
    """Scheme and host that the client reached us by, without a slash at the end."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def media_url(request: HttpRequest) -> str:
    """What stands before a stored file's name to make it a URL; ends with a slash."""
    base = stored_base()
    return public_url(request) + base if base.startswith("/") else base


def media_url_without_request() -> str:
    """The same in a task. Without PUBLIC_URL it is no whole address: the apps prepend their own."""
    base = stored_base()
    return settings.PUBLIC_URL + base if base.startswith("/") else base


def stored_base() -> str:
    base = default_storage.url("")
    return base if base.endswith("/") else base + "/"
