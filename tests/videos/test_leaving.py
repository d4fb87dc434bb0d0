"""An account that is purged takes its videos' files along and leaves right numbers behind."""

import pytest

from apps.users.services import deletion
from apps.videos.models import (
    Sound,
    Video,
    VideoComment,
    VideoCommentLike,
    VideoFavourite,
    VideoLike,
)
from apps.videos.services import removal
from apps.videos.services.counters import recount
from tests.cast import Person
from tests.videos.scenes import post
from tests.videos.test_delete_video import made, stored_files

pytestmark = pytest.mark.usefixtures("media_folder", "private_folder")


def purge(person: Person, settings) -> None:
    settings.ACCOUNT_GRACE_DAYS = 0
    deletion.delete_account(user_id=person.id)
    assert deletion.purge(user_id=person.id)
    removal.remove_files()


def test_the_files_of_their_videos_go(owner, friend, settings):
    made(owner)
    kept = made(friend)
    files = stored_files() - {name for name in stored_files() if "folder-0" in name}
    purge(owner, settings)
    assert list(Video.objects.all()) == [kept]
    assert stored_files() == files
    assert list(Sound.objects.all()) == [kept.sound]


def test_a_sound_that_others_use_stays_without_a_name(owner, friend, settings):
    video = made(owner)
    Sound.objects.update(name="original sound - owner", thumbnail="owner.jpg")
    post(friend, sound=video.sound)
    purge(owner, settings)
    sound = Sound.objects.get()
    assert (sound.name, sound.thumbnail, sound.user) == ("original sound", "", None)
    assert stored_files() == {sound.audio}


def test_what_they_liked_saved_and_commented_is_counted_without_them(
    owner, friend, stranger, settings
):
    video, own = post(friend), post(owner)
    theirs = VideoComment.objects.create(video=video, user=stranger.user, text="hi")
    for person in (owner, stranger):
        VideoLike.objects.create(user=person.user, video=video)
        VideoFavourite.objects.create(user=person.user, video=video)
        VideoCommentLike.objects.create(user=person.user, comment=theirs)
    comment = VideoComment.objects.create(video=video, user=owner.user, text="one")
    VideoComment.objects.create(video=video, user=owner.user, text="two", parent=theirs)
    VideoComment.objects.create(video=video, user=stranger.user, text="three", parent=comment)
    VideoComment.objects.create(video=video, user=owner.user, text="four", hidden=True)
    VideoComment.objects.filter(pk=theirs.pk).update(like_count=2)
    recount([video.pk, own.pk])
    purge(owner, settings)

    video.refresh_from_db()
    theirs.refresh_from_db()
    friend.user.refresh_from_db()
    assert (video.like_count, video.favourite_count, video.comment_count) == (1, 1, 1)
    assert theirs.like_count == 1
    assert friend.user.likes_count == 1
    recount([video.pk])
    video.refresh_from_db()
    assert (video.like_count, video.favourite_count, video.comment_count) == (1, 1, 1)
