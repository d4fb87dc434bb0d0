"""Sounds and hashtags that people keep. Nobody is told."""

from django.db import transaction

from apps.contract.answers import Refused
from apps.videos.discovery import sounds
from apps.videos.models import Hashtag, HashtagFavourite, SoundFavourite

NO_SUCH_HASHTAG = "There is no such hashtag."


@transaction.atomic
def toggle_sound(*, user_id: int, sound_id: int) -> bool:
    """Keep a sound or let it go; whether it is kept now. Raises Refused for one out of reach."""
    if SoundFavourite.objects.filter(user_id=user_id, sound_id=sound_id).delete()[0]:
        return False
    sounds.check_usable(sound_id, viewer_id=user_id)
    # Two phones at once: the other's row is as good.
    SoundFavourite.objects.bulk_create(
        [SoundFavourite(user_id=user_id, sound_id=sound_id)], ignore_conflicts=True
    )
    return True


@transaction.atomic
def toggle_hashtag(*, user_id: int, hashtag_id: int) -> bool:
    """The same with a hashtag. Raises Refused if there is none."""
    if HashtagFavourite.objects.filter(user_id=user_id, hashtag_id=hashtag_id).delete()[0]:
        return False
    if not Hashtag.objects.filter(pk=hashtag_id).exists():
        raise Refused(NO_SUCH_HASHTAG)
    HashtagFavourite.objects.bulk_create(
        [HashtagFavourite(user_id=user_id, hashtag_id=hashtag_id)], ignore_conflicts=True
    )
    return True
