from django.core.files.storage import default_storage

from apps.users import demo
from apps.users.models import User


def test_demo_people_are_made_once_with_pictures() -> None:
    demo.create()
    demo.create()
    assert User.objects.count() == len(demo.PEOPLE)
    viewer = User.objects.get(username="demo")
    assert (viewer.followers_count, viewer.following_count) == (2, 2)
    assert default_storage.exists(viewer.profile_pic)
