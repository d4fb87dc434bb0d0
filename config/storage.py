"""The buckets of an S3-compatible store, under the addresses at which phones find them."""

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


class PrivateStorage(S3Storage):
    """Signed addresses, which lead through our own proxy when S3_PUBLIC_URL says so: it passes
    them on under the name of the store for which they are signed."""

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        return self.outside(super().url(name, *args, **kwargs))

    def outside(self, address: str) -> str:
        """An address at the store, as it is reached from outside."""
        if not settings.S3_PUBLIC_URL:
            return address
        return settings.S3_PUBLIC_URL.rstrip("/") + address.removeprefix(self.endpoint_url)
