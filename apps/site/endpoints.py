"""What the apps read about this server, and the catalogues that people pick from."""

from typing import Any, ClassVar

from apps.contract import inputs
from apps.contract.answers import Answer, ContractValue, Refused
from apps.contract.endpoint import NONE, OPTIONAL, Endpoint
from apps.contract.fields import MAX_ID, IdField, JsonField, PageField, TextField
from apps.contract.shapes import integer, text
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.site import regions, selectors, services
from apps.users.callers import Caller
from apps.users.selectors import OwnRecord, own_record, own_settings

MAX_PICKS = 200


class PicksField(JsonField):
    """Ids from a catalogue: [1, "2"], or [{"interest_id": 1}], or either as text."""

    def __init__(self, key: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.key = key

    def to_internal_value(self, data: Any) -> set[int]:
        values = super().to_internal_value(data)
        if not isinstance(values, list) or len(values) > MAX_PICKS:
            self.fail("invalid")
        return {self.number(value) for value in values}

    def number(self, value: Any) -> int:
        if isinstance(value, dict):
            value = value.get(self.key, value.get("id"))
        text = str(value)
        if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) < 19):
            self.fail("invalid")
        return min(int(text), MAX_ID)


class ShowSettings(Endpoint):
    """What the app reads at its start. A signed-in caller's own switches stand beside it."""

    group = "settings"
    auth = OPTIONAL
    answer = [{"Setting": {"type": text("type"), "value": text("value")}}]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        found = selectors.app_settings()
        if not caller.id:
            return found
        own = own_settings(user_id=caller.id)
        return Answer(
            found, PushNotification=own["PushNotification"], PrivacySetting=own["PrivacySetting"]
        )


class ShowLicense(Endpoint):
    """Which features the app unlocks: 200 opens duets in the Android client."""

    group = "misc"
    auth = NONE
    answer = "Extended"

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        if not selectors.is_licensed():
            raise Refused("Regular")
        return "Extended"


class ShowAppSlider(Endpoint):
    """Banners of the discover screen."""

    group = "misc"
    auth = NONE
    answer = [{"AppSlider": selectors.SliderShape}]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return selectors.sliders(media_url=media_url(self.request))


class ShowStickers(Endpoint):
    """The catalogue of stickers, forty a page."""

    group = "misc"
    auth = OPTIONAL
    answer = [selectors.StickerItem]

    class Input(inputs.Input):
        starting_point = PageField(help_text="zero-based page number")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        base = media_url(self.request)
        page = selectors.stickers(page=data["starting_point"], media_url=base)
        if not page:
            raise Refused("There are no more stickers.")
        return page


class UseSticker(Endpoint):
    """Count that a sticker was used."""

    group = "misc"
    throttle = Rate.WRITE
    answer = "success"

    class Input(inputs.Input):
        sticker_id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        if not services.use_sticker(sticker_id=data["sticker_id"]):
            raise Refused("This sticker is not there any more.")
        return "success"


class ShowCountries(Endpoint):
    """All countries by name, each with its states (ISO 3166)."""

    group = "location"
    auth = NONE
    answer = [
        {
            "Country": {"id": integer("id"), "name": text("name"), "short_name": text("code")},
            "State": [{"id": integer("id"), "name": text("name"), "country_id": integer("id")}],
        }
    ]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return regions.countries()


class ShowLocations(Endpoint):
    """Up to five countries, states and large cities whose names begin with the keyword."""

    group = "location"
    auth = NONE
    answer = [
        {
            "country_id": integer("id"),
            "state_id": integer("id"),
            "city_id": integer("id"),
            "name": text("name"),
        }
    ]

    class Input(inputs.Input):
        keyword = TextField(max_length=100)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        found = regions.named_like(data["keyword"])
        if not found:
            raise Refused("No place was found.")
        return found


class CatalogueEndpoint(Endpoint):
    """The base of catalogues that are public, and say what the caller has picked."""

    abstract = True
    group = "users"
    auth = OPTIONAL

    def or_refuse(self, rows: list) -> ContractValue:
        if not rows:
            raise Refused("There is nothing here yet.")
        return rows


class ShowInterests(CatalogueEndpoint):
    """The catalogue of interests as one list."""

    answer = [{"Interest": selectors.InterestShape}]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        base = media_url(self.request)
        return self.or_refuse(selectors.interests(user_id=caller.id, media_url=base))


class ShowInterestSection(CatalogueEndpoint):
    """The catalogue of interests by section."""

    answer = [{"InterestSection": selectors.SectionShape, "Interest": [selectors.InterestShape]}]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        base = media_url(self.request)
        return self.or_refuse(selectors.interest_sections(user_id=caller.id, media_url=base))


class ShowLanguages(CatalogueEndpoint):
    """The languages that clips may have."""

    group = "settings"
    answer = [{"Language": selectors.LanguageShape}]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return self.or_refuse(selectors.languages(user_id=caller.id))


class PickEndpoint(Endpoint):
    """The base of endpoints that replace what the caller has picked."""

    abstract = True
    throttle = Rate.WRITE
    answer: ClassVar[ContractValue] = OwnRecord

    def record(self, caller: Caller) -> ContractValue:
        return own_record(user_id=caller.id, media_url=media_url(self.request))


class AddUserInterest(PickEndpoint):
    """Replace the caller's interests."""

    group = "users"

    class Input(inputs.Input):
        interests = PicksField("interest_id")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        services.pick_interests(user_id=caller.id, interest_ids=data["interests"])
        return self.record(caller)


class AddUserLanguagePreferences(PickEndpoint):
    """Replace the languages in which the caller watches clips."""

    aliases = ("addUserLanguage",)
    group = "settings"

    class Input(inputs.Input):
        language = PicksField("lang_id")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        services.pick_languages(user_id=caller.id, language_ids=data["language"])
        return self.record(caller)
