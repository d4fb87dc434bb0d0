"""The library of sounds."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import Answer, ContractValue, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import IdField, PageField, TextField
from apps.contract.paging import Pages
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.videos.discovery import search, sounds
from apps.videos.endpoints.fields import MediaField
from apps.videos.services import favourites
from apps.videos.services import sounds as uploads
from apps.videos.shapes import FeedItem

FORM_SPARE_BYTES = 12 * 1024 * 1024  # for the parts beside the audio, a cover among them
NOTHING_FOUND = "No sounds were found."


class ShowSounds(Endpoint):
    """The library: its sections, each with its newest sounds."""

    group = "sounds"
    auth = OPTIONAL
    answer = [sounds.SectionItem]

    class Input(inputs.Input):
        starting_point = PageField(help_text="zero-based page number, of sections")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return sounds.sections(
            page=data["starting_point"], viewer_id=caller.id, media_url=media_url(self.request)
        )


class ShowSoundsAgainstSection(Endpoint):
    """The sounds of a section, the newest first; 200 also for none."""

    group = "sounds"
    auth = OPTIONAL
    answer = [sounds.SoundItem]

    class Input(inputs.Input):
        sound_section_id = IdField()
        starting_point = PageField(help_text="zero-based page number")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        section_id = data["sound_section_id"]
        return sounds.section_page(
            pages=Pages("section", caller, data["starting_point"], section_id),
            section_id=section_id,
            viewer_id=caller.id,
            media_url=media_url(self.request),
        )


class SearchSoundsAgainstSection(ShowSoundsAgainstSection):
    """Sounds of a section with these words in their name or description."""

    answer = [sounds.FoundSoundItem]

    class Input(ShowSoundsAgainstSection.Input):
        keyword = TextField(max_length=100)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        asked = search.Asked(
            keyword=data["keyword"],
            page=data["starting_point"],
            viewer_id=caller.id,
            media_url=media_url(self.request),
            section_id=data["sound_section_id"],
        )
        found = search.results(search.SOUNDS, asked)
        if not found:
            raise Refused(NOTHING_FOUND)
        return found


class ShowFavouriteSounds(Endpoint):
    """The sounds that the caller keeps."""

    group = "sounds"
    answer = [sounds.KeptSoundItem]

    class Input(inputs.Input):
        starting_point = PageField(help_text="zero-based page number")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        pages = Pages("favourite-sounds", caller, data["starting_point"])
        page = sounds.kept_page(pages=pages, viewer_id=caller.id, media_url=media_url(self.request))
        if not page:
            raise Refused("You have no favourite sounds yet.")
        return page


class AddSoundFavourite(Endpoint):
    """Keep a sound, or let it go: then `msg` is "unfavourite", with code 200 as well.

    A kept one is in a list, since iOS decodes nothing else here; Android reads the code alone.
    """

    group = "sounds"
    throttle = Rate.WRITE
    answer = [sounds.KeptSoundItem]

    class Input(inputs.Input):
        sound_id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        sound_id = data["sound_id"]
        if not favourites.toggle_sound(user_id=caller.id, sound_id=sound_id):
            return "unfavourite"
        base = media_url(self.request)
        return [sounds.kept_answer(sound_id=sound_id, viewer_id=caller.id, media_url=base)]


class ShowVideosAgainstSound(Endpoint):
    """The videos that use a sound, the newest first; `sound_fav` beside `msg` is the caller's."""

    group = "sounds"
    auth = OPTIONAL
    answer = [FeedItem]

    class Input(inputs.Input):
        sound_id = IdField()
        starting_point = PageField(help_text="zero-based page number")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        kept = sounds.check_usable(data["sound_id"], viewer_id=caller.id)
        page = sounds.videos_page(
            pages=Pages("sound", caller, data["starting_point"], data["sound_id"]),
            sound_id=data["sound_id"],
            viewer_id=caller.id,
            media_url=media_url(self.request),
        )
        if not page:
            return Answer("There are no videos with this sound.", code=201, sound_fav=kept)
        return Answer(page, sound_fav=kept)


class AddSound(Endpoint):
    """Upload a sound (multipart, or base64 in JSON); with `id`, change what an own one says."""

    group = "sounds"
    throttle = Rate.UPLOAD
    answer = sounds.FoundSoundItem

    class Input(inputs.Input):
        id = IdField(required=False, help_text="an own sound, to change its words")
        name = TextField(required=False, max_length=150)
        description = TextField(required=False, allow_blank=True, max_length=300)
        audio = MediaField(required=False)
        thum = MediaField(required=False, help_text="the cover")

    @classmethod
    def body_limit(cls) -> int:
        return uploads.MAX_BYTES + FORM_SPARE_BYTES

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        sound_id = data.get("id")
        if sound_id:
            words: dict[str, str] = {
                key: data[key] for key in ("name", "description") if key in data
            }
            uploads.edit(user_id=caller.id, sound_id=sound_id, changed=words)
        else:
            sound_id = self.add(caller, data)
        return sounds.record(
            sound_id=sound_id, viewer_id=caller.id, media_url=media_url(self.request)
        )

    def add(self, caller: Caller, data: dict[str, Any]) -> int:
        if not data.get("audio"):
            raise Refused("The audio file is missing.")
        if not data.get("name"):
            raise Refused("Please give the sound a name.")
        return uploads.add(
            user_id=caller.id,
            name=data["name"],
            description=data.get("description", ""),
            audio=data["audio"],
            cover=data.get("thum"),
        )


class DeleteSound(Endpoint):
    """Delete an own sound. The videos that use it stay."""

    group = "sounds"
    throttle = Rate.WRITE
    answer = "success"

    class Input(inputs.Input):
        sound_id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        uploads.delete(user_id=caller.id, sound_id=data["sound_id"])
        return "success"
