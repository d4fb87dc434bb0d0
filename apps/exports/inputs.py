"""What requests for exports may hold."""

from rest_framework import serializers

from apps.capture.inputs import EventsFilterQuery
from apps.exports import formats


class ExportQuery(EventsFilterQuery):
    format = serializers.ChoiceField(list(formats.FORMATS), default="json")

    def validate_format(self, chosen: str) -> str:
        if sentence := formats.missing_package(chosen):
            raise serializers.ValidationError(sentence)
        return chosen
