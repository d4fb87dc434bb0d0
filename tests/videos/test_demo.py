"""The demo clips: drawn by ffmpeg, stored, and put into the feed once."""

import shutil

import pytest
from PIL import Image

from apps.users import tokens
from apps.users.models import User
from apps.videos import demo, demo_library, media
from apps.videos.models import Sound, Video, VideoLike
from tests.cast import Person


@pytest.fixture
def drawn(monkeypatch, media_folder, short_clip) -> list[str]:
    """Names of the clips that were rendered; every one looks like the test card here."""
    names: list[str] = []
    test_card = short_clip("test-card")

    def render(folder, clip):
        names.append(clip.name)
        return test_card

    monkeypatch.setattr(demo, "render", render)
    return names


@pytest.mark.parametrize("clip", demo.CLIPS, ids=lambda clip: clip.name)
def test_a_clip_is_an_upright_film_with_sound_still_and_gif(clip, short_clip):
    files = short_clip(clip.name)
    assert media.probe(files["file"]) == media.Probe(pytest.approx(1.5, abs=0.1), 540, 960, True)
    head = files["file"].read_bytes()[:64_000]
    assert b"moov" in head, "the index stands in front, so that a player can start at once"
    assert {"avc1", "mp4a", "isom"} <= {
        word.decode() for word in (b"avc1", b"mp4a", b"isom") if word in head
    }
    with Image.open(files["thumbnail"]) as still:
        assert (still.format, still.size) == ("JPEG", (540, 960))
        assert len(still.convert("L").getcolors() or []) > 20, "more than one flat colour"
    with Image.open(files["gif"]) as gif:
        assert gif.format == "GIF"
        assert gif.n_frames > 5
    assert files["audio"].stat().st_size > 5_000


def test_every_clip_has_a_picture_of_its_own():
    assert len({clip.picture for clip in demo.CLIPS}) == len(demo.CLIPS) >= 6
    assert len({clip.name for clip in demo.CLIPS}) == len(demo.CLIPS)


def test_the_demo_fills_the_feed(drawn, phone, friend):
    videos = demo.create()

    assert len(videos) == len(demo.CLIPS)
    page = phone.call("showRelatedVideos", by=friend)
    assert page["code"] == 200
    assert {item["Video"]["id"] for item in page["msg"]} == {video.pk for video in videos}
    assert all(item["Sound"]["audio"].endswith(".m4a") for item in page["msg"])
    assert sum(item["Video"]["like_count"] for item in page["msg"]) == VideoLike.objects.count() > 0
    lights = Video.objects.get(file="demo/northern-lights.mp4")
    assert {tag.name for tag in lights.hashtags.all()} == {"nature", "night"}
    assert User.objects.get(pk=lights.user_id).video_count == 2


def test_making_the_demo_again_changes_nothing(drawn):
    first = demo.create()
    rendered = len(drawn)
    second = demo.create()

    assert len(drawn) == rendered
    assert [video.pk for video in first] == [video.pk for video in second]
    assert Sound.objects.count() == Video.objects.count() == len(demo.CLIPS)


def test_the_demo_fills_the_library_the_discover_screen_and_the_stories(drawn, phone, friend):
    demo.create()
    demo_library.create()
    demo_library.create()

    sections = phone.call("showSounds", by=friend)["msg"]
    assert [item["SoundSection"]["name"] for item in sections] == list(demo_library.SECTIONS)
    assert phone.call("showDiscoverySections", by=friend)["msg"][0]["Hashtag"]["views"] != "0"
    viewer = User.objects.get(username="demo")
    shown = phone.call("showFriendsStories", by=Person(viewer, tokens.issue(user=viewer)))
    assert {person["username"] for person in shown["msg"]["User"]} == {"loop_lab", "mira.paints"}
    assert Video.objects.filter(is_story=True).count() == len(demo_library.STORIES)
    lab = phone.call("showUserDetail", {"username": "loop_lab"}, by=friend)["msg"]
    playlist = phone.call("showPlaylists", {"id": lab["Playlist"][0]["id"]}, by=friend)
    assert len(playlist["msg"]["PlaylistVideo"]) == 2


def test_a_lost_file_is_drawn_again(drawn, media_folder):
    demo.create()
    drawn.clear()
    (media_folder / "demo" / "colony.gif").unlink()
    demo.create()
    assert drawn == ["colony"]
    assert (media_folder / "demo" / "colony.gif").exists()
    files = [path for path in (media_folder / "demo").iterdir() if path.is_file()]
    assert len(files) == 4 * len(demo.CLIPS)


def test_a_text_is_not_taken_for_a_film(tmp_path):
    path = tmp_path / "letter.mp4"
    path.write_text("Dear server, I am a film.")
    with pytest.raises(media.MediaError, match="not a video"):
        media.probe(path)


def test_a_sound_is_not_taken_for_a_film(tmp_path, short_clip):
    path = tmp_path / "sound.mp4"
    shutil.copy(short_clip("test-card")["audio"], path)
    with pytest.raises(media.MediaError, match="not a video"):
        media.probe(path)


def test_what_ffmpeg_cannot_do_is_an_error_with_its_reason(tmp_path):
    with pytest.raises(media.MediaError) as error:
        media.make_gif(tmp_path / "missing.mp4", tmp_path / "out.gif")
    assert "No such file" in error.value.detail
