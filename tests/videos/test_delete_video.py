"""deleteVideo: hidden at once, then its rows, then its files."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.notifications.models import Notification
from apps.notifications.services import notify
from apps.videos import processing
from apps.videos.models import (
    FileRemoval,
    Sound,
    Video,
    VideoComment,
    VideoLike,
    VideoUpload,
    VideoWatch,
)
from apps.videos.services import removal, uploads
from apps.videos.services.counters import recount
from apps.videos.services.uploads import Post
from tests.cast import Person
from tests.contract.clients import assert_both_clients_parse
from tests.videos.scenes import post
from tests.videos.uploading import upload

pytestmark = pytest.mark.usefixtures("media_folder", "private_folder")


def stored_files() -> set[str]:
    """Every file of both storages."""
    roots = [Path(storages[alias].location) for alias in ("default", "private")]
    return {str(path.relative_to(root)) for root in roots for path in root.rglob("*.*")}


def made(by: Person, content: bytes = b"clip", **fields: Any) -> Video:
    """A video with all its files, as processing leaves them."""
    folder = f"videos/folder-{Video.objects.count()}"
    for name in ("video.mp4", "thumbnail.jpg", "preview.gif", "sound.m4a", "hls/master.m3u8"):
        default_storage.save(f"{folder}/{name}", ContentFile(content))
    sound = Sound.objects.create(name="own", audio=f"{folder}/sound.m4a", user=by.user)
    video = post(
        by,
        file=f"{folder}/video.mp4",
        thumbnail=f"{folder}/thumbnail.jpg",
        gif=f"{folder}/preview.gif",
        hls=f"{folder}/hls/master.m3u8",
        **{"sound": sound} | fields,
    )
    VideoUpload.objects.create(
        video=video, user=by.user, key=folder, size=4, folder=folder, claimed_until=video.created_at
    )
    return video


def test_it_is_gone_at_once_and_its_files_soon(phone, owner, friend):
    video = made(owner)
    VideoLike.objects.create(user=friend.user, video=video)
    recount([video.pk])

    answer = phone.call("deleteVideo", {"video_id": str(video.pk)}, by=owner)
    assert_both_clients_parse("deleteVideo", answer)
    assert answer == {"code": 200, "msg": "Your video was deleted."}
    for by in (owner, friend):
        assert phone.call("showVideoDetail", {"video_id": video.pk}, by=by)["code"] == 201
        shown = phone.call("showVideosAgainstUserID", {"other_user_id": owner.id}, by=by)
        assert shown["msg"] == {"public": [], "private": []}
    assert phone.call("likeVideo", {"video_id": video.pk}, by=friend)["code"] == 201
    owner.user.refresh_from_db()
    assert (owner.user.video_count, owner.user.likes_count) == (0, 0)

    assert removal.remove_deleted() == 1
    assert not Video.objects.exists()
    assert not Sound.objects.exists()
    assert stored_files() == set()
    assert not FileRemoval.objects.exists()


def test_everything_that_hangs_on_it_goes(phone, owner, friend):
    video = made(owner)
    VideoWatch.objects.create(user=friend.user, video=video)
    comment = VideoComment.objects.create(user=friend.user, video=video, text="hi")
    VideoComment.objects.create(user=owner.user, video=video, text="hello", parent=comment)
    notify(receiver_id=owner.id, sender_id=friend.id, type="video_like", text="", video_id=video.pk)
    duet = post(friend, duet_of=video)
    phone.call("deleteVideo", {"video_id": video.pk}, by=owner)
    removal.remove_deleted()
    for model in (VideoWatch, VideoComment, Notification, VideoUpload):
        assert not model.objects.exists()
    duet.refresh_from_db()
    assert duet.duet_of is None


def test_its_sound_stays_while_others_use_it(phone, owner, friend):
    video = made(owner)
    other = post(friend, sound=video.sound)
    phone.call("deleteVideo", {"video_id": video.pk}, by=owner)
    removal.remove_deleted()
    other.refresh_from_db()
    assert stored_files() == {other.sound.audio}


def test_somebody_elses_video_and_the_chosen_sound_stay(phone, owner, friend):
    kept = made(friend)
    files = stored_files()
    mine = made(owner, sound=kept.sound)
    Sound.objects.exclude(pk=kept.sound_id).delete()
    phone.call("deleteVideo", {"video_id": mine.pk}, by=owner)
    removal.remove_deleted()
    assert list(Video.objects.all()) == [kept]
    assert stored_files() == files


def test_only_its_author_deletes_a_video(phone, owner, stranger):
    video = made(owner)
    answer = phone.call("deleteVideo", {"video_id": video.pk}, by=stranger)
    assert_both_clients_parse("deleteVideo", answer)
    assert (answer["code"], answer["msg"]) == (201, "You can only delete your own videos.")
    assert phone.call("deleteVideo", {"video_id": video.pk})["code"] == 401
    wrong = Person(owner.user, "wrong")
    assert phone.call("deleteVideo", {"video_id": video.pk}, by=wrong)["code"] == 401
    assert removal.remove_deleted() == 0
    assert Video.objects.exists()


@pytest.mark.parametrize("values", [{}, {"video_id": "abc"}, {"video_id": ""}, {"video_id": "0"}])
def test_bad_ids_are_refused(phone, owner, values):
    answer = phone.call("deleteVideo", values, by=owner)
    assert_both_clients_parse("deleteVideo", answer)
    assert answer["code"] == 201


def test_the_same_file_can_be_posted_anew(phone, owner):
    first = upload(phone, owner, b"clip")["msg"]["Video"]["id"]
    phone.call("deleteVideo", {"video_id": first}, by=owner)
    again = upload(phone, owner, b"clip")["msg"]
    assert again["Video"]["id"] != first
    assert again["Upload"]["state"] == "received"


def test_what_is_gone_already_is_no_error(phone, owner):
    video = made(owner)
    for _ in range(2):
        answer = phone.call("deleteVideo", {"video_id": video.pk}, by=owner)
        assert answer["code"] == 200
    assert phone.call("deleteVideo", {"video_id": 10**15}, by=owner)["code"] == 200
    owner.user.refresh_from_db()
    assert owner.user.video_count == 0


def test_deleting_costs_the_same_however_much_hangs_on_it(
    phone, owner, friend, django_assert_num_queries
):
    video = made(owner)
    VideoLike.objects.create(user=friend.user, video=video)
    with django_assert_num_queries(8):
        phone.call("deleteVideo", {"video_id": video.pk}, by=owner)


def test_a_storage_that_is_away_is_asked_again(phone, owner, monkeypatch):
    video = made(owner)
    phone.call("deleteVideo", {"video_id": video.pk}, by=owner)
    with monkeypatch.context() as patch:
        patch.setattr(
            FileSystemStorage, "delete", lambda *_: (_ for _ in ()).throw(OSError("away"))
        )
        removal.remove_deleted()
    left = FileRemoval.objects.all()
    assert left
    assert {(each.attempts, each.problem) for each in left} == {(1, "OSError: away")}
    assert removal.remove_files() == 0, "it is left in peace for a while"
    left.update(due_at=video.created_at)
    assert removal.remove_files() == 6
    assert stored_files() == set()


def test_a_video_that_is_deleted_while_it_is_made_leaves_nothing(owner, filmed, monkeypatch):
    file = SimpleUploadedFile("clip.mp4", filmed.read_bytes(), "video/mp4")
    video_id = uploads.receive(user_id=owner.id, file=file, key="", post=Post())
    make = processing.make

    def deleted_meanwhile(*arguments):
        removal.delete(user_id=owner.id, video_id=video_id)
        removal.remove_deleted()
        return make(*arguments)

    monkeypatch.setattr(processing, "make", deleted_meanwhile)
    processing.process(video_id)
    removal.remove_files()
    assert not Video.objects.exists()
    assert stored_files() == set()
    assert not Notification.objects.exists()
