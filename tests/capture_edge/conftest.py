"""Sessions with events, and who asks for them."""

from collections.abc import Callable

import pytest
from django.test import Client

from apps.access.services import create_key
from apps.capture.models import Session
from tests.capture_edge.making import make_session


@pytest.fixture
def session() -> Session:
    return make_session("ada")


@pytest.fixture
def browser_of(client: Client) -> Callable[..., Client]:
    """A browser in which the person is signed in."""

    def sign_in(person) -> Client:
        client.force_login(person.user)
        return client

    return sign_in


@pytest.fixture
def program() -> Callable[[str], dict[str, str]]:
    """The headers of a program whose key has the scope."""

    def headers(scope: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {create_key(name='program', scope=scope)[1]}"}

    return headers
