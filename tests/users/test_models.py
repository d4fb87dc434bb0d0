import pytest
from django.db import IntegrityError, transaction

from apps.users.models import Follow, User


def test_usernames_are_unique_whatever_their_case() -> None:
    User.objects.create_user("Ann")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ann")


def test_nobody_follows_themself() -> None:
    ann = User.objects.create_user("ann")
    with pytest.raises(IntegrityError), transaction.atomic():
        Follow.objects.create(follower=ann, followed=ann)
