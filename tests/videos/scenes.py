"""Videos for tests, and what more than one test does with them."""

from collections.abc import Callable
from typing import Any

from apps.users.models import Block, Follow
from apps.videos.models import Video
from tests.cast import Person
from tests.races import together

HIDDEN_BY = {
    "its author made it private": {"privacy": Video.Privacy.PRIVATE},
    "moderation holds it back": {"block": True},
    "it is not ready": {"state": Video.State.PROCESSING},
}


def post(by: Person, **fields: Any) -> Video:
    fields = {"file": "videos/a.mp4", "state": Video.State.READY} | fields
    return Video.objects.create(user=by.user, **fields)


def hide(video: Video, how: str, viewer: Person) -> None:
    """Make the video one that the viewer may not see."""
    author = video.user
    if how in HIDDEN_BY:
        Video.objects.filter(pk=video.pk).update(**HIDDEN_BY[how])
    elif how == "its author's account is private":
        type(author).objects.filter(pk=author.pk).update(is_private=True)
    elif how == "its author is banned":
        type(author).objects.filter(pk=author.pk).update(status="banned")
    elif how == "its author blocked the viewer":
        Block.objects.create(blocker=author, blocked=viewer.user)
    else:
        Block.objects.create(blocker=viewer.user, blocked=author)


WAYS_TO_HIDE = [
    *HIDDEN_BY,
    "its author's account is private",
    "its author is banned",
    "its author blocked the viewer",
    "the viewer blocked its author",
]


def follow(follower: Person, followed: Person) -> None:
    Follow.objects.create(follower=follower.user, followed=followed.user)


def at_once(*tasks: Callable[[], Any]) -> None:
    """Run each in a thread of its own; raises what the first one raised."""
    for result in together(list(tasks)):
        if isinstance(result, Exception):
            raise result
