"""postVideo"""

from pathlib import Path
from threading import Thread

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import TemporaryUploadedFile

from apps.contract.fields import swift_pairs
from apps.users.models import Block
from apps.videos import processing
from apps.videos.models import Sound, Video, VideoUpload
from apps.videos.services import uploads
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.videos.uploading import android_body, ios_body, upload

pytestmark = pytest.mark.usefixtures("media_folder", "private_folder")
CLIP = b"the bytes of a clip " * 100


def only_video() -> Video:
    return Video.objects.get()


@pytest.mark.parametrize("part", ["video", "file"])
def test_the_file_is_kept_and_the_video_waits_to_be_made(phone, owner, part):
    answer = upload(phone, owner, CLIP, part=part, description="Hello #Cats")

    assert_both_clients_parse("postVideo", answer)
    assert answer["code"] == 200
    video = only_video()
    assert answer["msg"]["Video"]["id"] == video.pk
    assert answer["msg"]["User"]["id"] == owner.id
    assert answer["msg"]["Upload"] == {"video_id": video.pk, "state": "received", "reason": ""}
    assert (video.user_id, video.state, video.description) == (owner.id, "received", "Hello #Cats")
    with storages["private"].open(video.upload.source) as kept:
        assert kept.read() == CLIP


def test_the_android_app_posts(phone, owner, friend):
    sent = {
        "privacy_type": "Private",
        "users_json": f'[{{"user_id":"{friend.id}"}}]',
        "hashtags_json": '[{"name":"cats"},{"name":"Dogs"}]',
    }
    body, content_type = android_body(CLIP, user_id=owner.id, **sent)
    answer = phone.send("/api/postVideo", body, by=owner, content_type=content_type)

    assert_both_clients_parse("postVideo", answer)
    video = only_video()
    assert (video.privacy, video.sound, video.allow_duet) == ("private", None, True)
    assert set(video.hashtags.values_list("name", flat=True)) == {"cats", "dogs"}
    assert [mention.user_id for mention in video.mentions.all()] == [friend.id]


def test_the_ios_app_posts(phone, owner, friend):
    sent = {
        "users_json": '[["name": "friend"]]',
        "hashtags_json": '[["name": "cats"], ["name": "b\\"q"]]',
        "lat": "52.52",
        "long": "13.405",
        "location_name": "Berlin",
        "location_string": "Berlin, Germany",
        "width": "720",
    }
    body, content_type = ios_body(CLIP, **sent)
    answer = phone.send("/postVideo", body, by=owner, content_type=content_type)

    assert_both_clients_parse("postVideo", answer)
    assert answer["code"] == 200
    video = only_video()
    assert (video.lat, video.long, video.location) == (52.52, 13.405, "Berlin")
    assert (video.allow_comments, video.allow_duet, video.is_story) == (True, False, False)
    assert set(video.hashtags.values_list("name", flat=True)) == {"cats", 'b"q'}
    assert [mention.user_id for mention in video.mentions.all()] == [friend.id]
    assert video.upload.layout == ""


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("[]", []),
        ('[["name": "bob"]]', [{"name": "bob"}]),
        ('[["name": "a, [b]"], ["id": 7]]', [{"name": "a, [b]"}, {"id": "7"}]),
        (r'[["name": "\u{1F600}\\ \"x\""]]', [{"name": '\U0001f600\\ "x"'}]),
        (r'[["name": "\u{D800}\u{FFFFFF}ok"]]', [{"name": "ok"}]),
        ("nonsense", []),
        ('"' * 5000, []),
    ],
)
def test_swift_debug_text(text, means):
    assert swift_pairs(text) == means


def test_a_retried_upload_is_one_video(phone, owner):
    first = upload(phone, owner, CLIP, description="Hello")
    again = upload(phone, owner, CLIP, description="Hello")
    assert again["msg"]["Video"]["id"] == first["msg"]["Video"]["id"]
    other = upload(phone, owner, CLIP, description="Another")
    assert other["msg"]["Video"]["id"] != first["msg"]["Video"]["id"]
    assert len(storages["private"].listdir("uploads")[1]) == 2


def test_an_upload_id_says_what_a_retry_is(phone, owner, friend):
    first = upload(phone, owner, CLIP, upload_id="draft-1")
    again = upload(phone, owner, CLIP[:-1], upload_id="draft-1", description="edited")
    assert again["msg"]["Video"]["id"] == first["msg"]["Video"]["id"]
    assert upload(phone, friend, CLIP, upload_id="draft-1")["msg"]["Video"]["user_id"] == friend.id
    assert Video.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_time_are_one_video(phone, owner):
    ids: list[int] = []

    def send() -> None:
        from django.db import connection

        try:
            ids.append(upload(Phone(), owner, CLIP, upload_id="same")["msg"]["Video"]["id"])
        finally:
            connection.close()

    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1
    assert Video.objects.count() == 1
    assert len(storages["private"].listdir("uploads")[1]) == 1


def test_a_failed_upload_is_tried_again_by_the_same_call(phone, owner, filmed):
    upload(phone, owner, CLIP, upload_id="draft")
    processing.process(only_video().pk)
    assert only_video().state == "failed"
    answer = upload(phone, owner, filmed.read_bytes(), upload_id="draft")
    assert answer["msg"]["Upload"]["state"] == "received"


def test_a_story(phone, owner):
    upload(phone, owner, CLIP, story="1")
    assert only_video().is_story


def ready(by: Person, **fields) -> Video:
    return Video.objects.create(user=by.user, file="videos/a.mp4", state="ready", **fields)


def test_a_duet(phone, owner, friend):
    sound = Sound.objects.create(name="Tune", audio="a.m4a", user=friend.user)
    first = ready(friend, sound=sound)
    answer = upload(phone, owner, CLIP, video_id=str(first.pk), duet="v")
    assert answer["msg"]["Video"]["duet_video_id"] == first.pk
    video = Video.objects.get(duet_of=first)
    assert (video.upload.layout, video.sound) == ("v", sound)


@pytest.mark.parametrize(
    "reason", ["duets off", "private", "setting", "blocked", "unready", "gone"]
)
def test_a_duet_that_may_not_be(phone, owner, friend, reason):
    first = ready(friend, allow_duet=reason != "duets off")
    if reason == "private":
        Video.objects.update(privacy="private")
    elif reason == "setting":
        friend.user.privacy_setting.duet = "friend"
        friend.user.privacy_setting.save(update_fields=["duet"])
    elif reason == "blocked":
        Block.objects.create(blocker=friend.user, blocked=owner.user)
    elif reason == "unready":
        Video.objects.update(state="processing")
    elif reason == "gone":
        Video.objects.all().delete()
    answer = upload(phone, owner, CLIP, video_id=str(first.pk))
    assert (answer["code"], answer["msg"]) == (201, "Duets with this video are not allowed.")
    assert not VideoUpload.objects.exists()


def test_a_sound_that_is_not_published_is_its_owners_alone(phone, owner, friend):
    sound = Sound.objects.create(name="Mine", audio="a.m4a", user=friend.user, publish=False)
    upload(phone, owner, CLIP, sound_id=str(sound.pk))
    upload(phone, friend, CLIP, sound_id=str(sound.pk))
    assert list(Video.objects.order_by("pk").values_list("sound", flat=True)) == [None, sound.pk]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"privacy_type": "friends"}, "Privacy type must be public or private."),
        ({"description": "x" * 2001}, "Description"),
        ({"sound_id": "abc"}, "Sound id"),
        ({"upload_id": "x" * 81}, "Upload id"),
        ({"lat": "abc", "long": "1"}, "Lat"),
        ({"story": "perhaps"}, "Story"),
    ],
)
def test_bad_values_are_refused(phone, owner, values, sentence):
    answer = upload(phone, owner, CLIP, **values)
    assert_both_clients_parse("postVideo", answer)
    assert answer["code"] == 201
    assert answer["msg"].startswith(sentence)
    assert not Video.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"lat": "91", "long": "1"},
        {"lat": "5"},
        {"hashtags_json": '{"name": 1}', "users_json": '[{"user_id": "99999999999999999999"}]'},
        {"hashtags_json": "[1, null, [2]]", "users_json": "{]"},
        {"users_json": '[{"user_id": "abc"}, {"user_id": null}]', "duet": "x"},
        {"sound_id": "999999", "location_name": "x" * 400},
        {"hashtags_json": '[{"name": "' + "x" * 300 + '"}]'},
    ],
)
def test_odd_values_do_not_stop_an_upload(phone, owner, values):
    assert upload(phone, owner, CLIP, **values)["code"] == 200
    video = only_video()
    assert (video.lat, video.long) == (None, None)


@pytest.mark.parametrize("content", [None, b""])
def test_without_a_file_nothing_is_posted(phone, owner, content):
    answer = upload(phone, owner, content, description="no file")
    assert_both_clients_parse("postVideo", answer)
    assert answer["code"] == 201
    assert not Video.objects.exists()


def test_json_without_a_file_is_refused(phone, owner):
    assert phone.call("postVideo", {"video": "abc"}, by=owner)["code"] == 201
    assert phone.call("postVideo", {}, by=owner)["msg"] == "The video file is missing."


def test_nobody_posts_for_somebody_else(phone, owner, stranger):
    answer = upload(phone, stranger, CLIP, user_id=str(owner.id))
    assert answer["code"] == 201
    assert not Video.objects.exists()
    assert upload(phone, None, CLIP, user_id=str(owner.id))["code"] == 401
    nobody = Person(owner.user, "wrong")
    assert upload(phone, nobody, CLIP)["code"] == 401
    assert not Video.objects.exists()


def test_a_large_body_is_read_from_people_only_and_has_an_end(phone, owner, settings):
    settings.MOBILE_BODY_MAX_BYTES, settings.VIDEO_MAX_BYTES = 1000, 5000
    large = b"x" * 4000
    assert upload(phone, None, large)["code"] == 401
    assert upload(phone, None, large, auth_token=owner.token)["code"] == 401
    assert upload(phone, owner, large)["code"] == 200
    huge = b"x" * (5000 + 1024 * 1024 + 1)
    answer = upload(phone, owner, huge)
    assert (answer["code"], answer["msg"]) == (
        201,
        "This request is too large; 1 MB is the most.",
    )


def test_other_endpoints_take_no_large_files(phone, owner, settings):
    settings.MOBILE_BODY_MAX_BYTES = 1000
    body, content_type = android_body(b"x" * 2000)
    answer = phone.send("/api/showRelatedVideos", body, by=owner, content_type=content_type)
    assert answer["code"] == 201


def test_a_large_file_is_never_in_memory(owner, settings, tmp_path):
    file = TemporaryUploadedFile("a.mp4", "video/mp4", 3, None)
    file.write(b"abc")
    file.seek(0)
    path = file.temporary_file_path()
    video_id = uploads.receive(user_id=owner.id, file=file, key="", post=uploads.Post())
    upload_row = VideoUpload.objects.get(pk=video_id)
    assert storages["private"].open(upload_row.source).read() == b"abc"
    assert not Path(path).exists(), "it was moved, not copied"
    file.close()


def test_a_post_takes_as_many_queries_whatever_is_posted(
    phone, owner, friend, django_assert_num_queries
):
    upload(phone, owner, CLIP)
    with django_assert_num_queries(14):
        upload(phone, owner, CLIP, description="one", hashtags_json='[{"name":"a"}]')
    names = ",".join(f'{{"name":"tag{n}"}}' for n in range(20))
    with django_assert_num_queries(14):
        upload(phone, owner, CLIP, description="many", hashtags_json=f"[{names}]")


def test_what_is_not_ready_is_in_nobodys_feed(phone, owner, friend, filmed):
    upload(phone, owner, filmed.read_bytes())
    assert phone.call("showRelatedVideos", by=friend)["code"] == 201
    processing.process(only_video().pk)
    (item,) = phone.call("showRelatedVideos", by=friend)["msg"]
    assert item["Video"]["id"] == only_video().pk
    assert item["Video"]["hls"].endswith("/hls/master.m3u8")


def test_names_of_files_can_not_be_guessed(phone, owner, filmed):
    upload(phone, owner, filmed.read_bytes(), privacy_type="private")
    folder = only_video().upload.folder.removeprefix("videos/")
    assert len(folder) >= 32
    assert only_video().upload.source != f"uploads/{folder}"
