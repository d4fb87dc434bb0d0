"""Around the demo clips: sections of sounds, a playlist, numbers of hashtags, and two stories."""

from django.core.files.storage import default_storage
from django.db import transaction

from apps.users.models import User
from apps.videos.demo import CLIPS, LENGTH_S
from apps.videos.models import Playlist, PlaylistVideo, Sound, SoundSection, Video
from apps.videos.services import popularity

SECTIONS = {
    "Chill": ("northern-lights", "ripples", "clouds"),
    "Upbeat": ("sunset-drive", "carpet", "deep-dive"),
    "Experiments": ("colony", "test-card"),
}
PLAYLIST = ("loop_lab", "Loops that never end")
STORIES = (("mira.paints", "sunset-drive"), ("loop_lab", "carpet"))  # friends of `demo`
STORY_FILES = {"file": "mp4", "thumbnail": "jpg", "gif": "gif"}


@transaction.atomic
def create() -> None:
    """Create what is missing; the clips are there already (apps.videos.demo)."""
    clips = {clip.name: clip for clip in CLIPS}
    for position, (name, sounds) in enumerate(SECTIONS.items()):
        section, _ = SoundSection.objects.get_or_create(name=name, defaults={"position": position})
        audio = [clips[sound].stored("audio") for sound in sounds]
        Sound.objects.filter(audio__in=audio, section=None).update(section=section)
    make_playlist(*PLAYLIST)
    for author, clip in STORIES:
        tell(author, clip)
    popularity.add_up_views()


def make_playlist(author: str, name: str) -> None:
    owner = User.objects.get(username=author)
    playlist, is_new = Playlist.objects.get_or_create(user=owner, name=name)
    if is_new:
        videos = Video.objects.filter(user=owner, state=Video.State.READY, is_story=False)
        PlaylistVideo.objects.bulk_create(
            PlaylistVideo(playlist=playlist, video=video, position=place)
            for place, video in enumerate(videos.order_by("pk"), start=1)
        )


def tell(author: str, clip: str) -> None:
    """A story of its own files, since they go with it when its day is over."""
    files = {
        kind: copied(f"demo/{clip}.{ending}", f"demo/story-{clip}/{kind}.{ending}")
        for kind, ending in STORY_FILES.items()
    }
    Video.objects.get_or_create(
        file=files.pop("file"),
        is_story=True,
        defaults={
            "user": User.objects.get(username=author),
            "description": "Just a moment ago",
            "state": Video.State.READY,
            "duration": LENGTH_S,
            **files,
        },
    )


def copied(name: str, target: str) -> str:
    if not default_storage.exists(target):
        with default_storage.open(name) as content:
            default_storage.save(target, content)
    return target
