"""Input fields of more than one topic."""

from typing import Any

from rest_framework import serializers

from apps.contract.fields import LenientMixin


class MediaField(LenientMixin, serializers.Field):
    """An uploaded file, base64, or `{"file_data": base64}`."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value
