"""The S3 bucket of public media, under the address that S3_MEDIA_URL gives it."""

from typing import Any

from django.conf import settings
from django.utils.encoding import filepath_to_uri
from django.utils.functional import cached_property
from storages.backends.s3 import S3Storage


class MediaStorage(S3Storage):
    @cached_property
    def address(self) -> str:
        """What stands before every name; asked for often, so signing nothing is done once."""
        own = settings.S3_MEDIA_URL.rstrip("/")
        return f"{own}/" if own else super().url("x").removesuffix("x")

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        return self.address + (filepath_to_uri(name) or "")
