"""Operators of each role, and a row in every table that the admin shows."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from apps.staff import roles
from tests.cast import make_person

ROLES = (*roles.ROLES, "superuser")


@pytest.fixture
def desk_of() -> Callable[[str], Client]:
    """The browser of an operator of a role."""

    def browser(role: str) -> Client:
        user = make_person(
            f"the_{role.lower()}", is_staff=True, is_superuser=role == "superuser"
        ).user
        if role in roles.ROLES:
            user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return browser
