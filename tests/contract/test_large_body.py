"""A body past the limit is refused, and read to its end, so that a proxy hears the refusal."""

import pytest
from django.test import RequestFactory

from apps.contract.answers import Refused
from apps.contract.inputs import read_body


@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
def test_a_body_past_the_limit_is_refused_and_read_to_its_end(settings, content_type: str) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = settings.MOBILE_BODY_MAX_BYTES = 1024 * 1024
    request = RequestFactory().post("/api/login", b"x" * 2_000_000, content_type=content_type)
    with pytest.raises(Refused, match="too large; 1 MB is the most"):
        read_body(request)
    assert request.read() == b""
