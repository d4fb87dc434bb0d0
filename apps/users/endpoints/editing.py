"""What people change about their own profile, up to leaving."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import Endpoint
from apps.contract.fields import FlagField, LenientMixin, TextField
from apps.contract.identity import offered_proofs
from apps.contract.throttle import Rate, client_ip
from apps.contract.urls import media_url
from apps.users import providers, selectors
from apps.users.callers import Caller
from apps.users.models import User
from apps.users.selectors import OwnRecord
from apps.users.services import accounts, clips, credentials, deletion, export, pictures, profiles


class BlankableField(TextField):
    """Text that a client empties by sending ""."""

    absent: set[str] = set()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_blank=True, required=False, **kwargs)


class PictureField(LenientMixin, serializers.Field):
    """A URL, base64, `{"file_data": base64}` or an uploaded file."""

    default_error_messages = {"invalid": pictures.NO_PICTURE}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str | dict | UploadedFile):
            return data
        self.fail("invalid")

    def to_representation(self, value: Any) -> Any:
        return value


class OwnRecordEndpoint(Endpoint):
    """The base of endpoints that change the caller and answer their record."""

    abstract = True
    group = "users"
    throttle = Rate.WRITE
    answer: ClassVar[ContractValue] = OwnRecord

    def record(self, caller: Caller) -> ContractValue:
        return selectors.own_record(user_id=caller.id, media_url=media_url(self.request))


class EditProfile(OwnRecordEndpoint):
    """Change what is sent, and nothing else.

    A new phone number needs its code first (changePhoneNo, verifyPhoneNo) or a Firebase ID token
    that holds it; a new e-mail address goes through changeEmailAddress. A picture comes as a URL
    (iOS: on Firebase Storage), base64 or an upload.
    """

    class Input(inputs.Input):
        username = TextField(max_length=30, required=False)
        first_name = BlankableField(max_length=50)
        last_name = BlankableField(max_length=50)
        bio = BlankableField(max_length=300)
        website = BlankableField(max_length=200)
        gender = BlankableField(max_length=20)
        facebook = BlankableField(max_length=200)
        instagram = BlankableField(max_length=200)
        youtube = BlankableField(max_length=200)
        twitter = BlankableField(max_length=200)
        profile_gif = BlankableField(max_length=500, help_text='"" removes it')
        private = FlagField(required=False)
        profile_view = FlagField(required=False)
        phone = TextField(max_length=30, required=False)
        email = TextField(max_length=254, required=False)
        profile_pic = PictureField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        if data.get("email"):
            self.refuse_new_email(caller, data["email"])
        if data.get("phone"):
            self.change_phone(caller, data["phone"])
        profiles.edit(user_id=caller.id, changes=data)
        if data.get("profile_gif") == "":
            profiles.remove_gif(user_id=caller.id)
        if data.get("profile_pic"):
            set_picture(caller, data["profile_pic"])
        return self.record(caller)

    def refuse_new_email(self, caller: Caller, email: str) -> None:
        if selectors.id_of_email(email) != caller.id:
            raise Refused("Please change the e-mail address in the account settings.")

    def change_phone(self, caller: Caller, phone: str) -> None:
        phone = accounts.checked_phone(phone)
        credentials.change_phone(
            user_id=caller.id,
            phone=phone,
            ip=client_ip(self.request),
            proven=settings.ALLOW_UNVERIFIED_SOCIAL or phone in self.phones_at_firebase(),
        )

    def phones_at_firebase(self) -> list[str]:
        """The number that Firebase has verified, if the caller proves themselves by its token."""
        tokens = (text for text in offered_proofs(self.request, self.values) if "." in text)
        proofs = (providers.verify("firebase", token) for token in tokens)
        return [proof.phone for proof in proofs if proof and proof.phone]


def set_picture(caller: Caller, value: Any) -> None:
    if isinstance(value, str) and value.lower().startswith(("http://", "https://")):
        pictures.set_profile_picture_url(user_id=caller.id, url=value)
    else:
        pictures.set_profile_picture(user_id=caller.id, value=value)


class AddUserImage(OwnRecordEndpoint):
    """A new profile picture, as base64 or an upload. The small one is made of the large one."""

    class Input(inputs.Input):
        profile_pic = PictureField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        pictures.set_profile_picture(user_id=caller.id, value=data["profile_pic"])
        return self.record(caller)


class AddUserImageNew(AddUserImage):
    """The same, as the Android client calls it."""


class AddUserProfileVideo(OwnRecordEndpoint):
    """A short clip (multipart) whose beginning moves on the profile as a GIF."""

    class Input(inputs.Input):
        video = serializers.FileField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        clips.set_profile_gif(user_id=caller.id, clip=data["video"])
        return self.record(caller)


class ApplyReferralCode(OwnRecordEndpoint):
    """Say, once, who brought the caller here."""

    answer = "applied"

    class Input(inputs.Input):
        referral_code = TextField(min_length=4, max_length=20)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        profiles.apply_referral_code(user_id=caller.id, code=data["referral_code"])
        return "Thank you. The referral code was applied."


class ChangeAppLanguage(OwnRecordEndpoint):
    """The language of the app's screens, kept for the next phone."""

    group = "settings"
    answer = "saved"

    class Input(inputs.Input):
        language = serializers.RegexField(r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,5})?$")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        profiles.set_language(user_id=caller.id, language=data["language"])
        return "The language was saved."


class ChangeAppTheme(OwnRecordEndpoint):
    """Light, dark or auto, kept for the next phone."""

    group = "settings"
    answer = "saved"

    class Input(inputs.Input):
        theme = serializers.ChoiceField(User.Theme.choices)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        profiles.set_theme(user_id=caller.id, theme=data["theme"])
        return "The theme was saved."


class ClearCache(Endpoint):
    """The app has emptied its cache; the server keeps nothing that would have to go too."""

    group = "settings"
    answer = "noted"

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return "The cache was cleared."


class DeleteUserAccount(OwnRecordEndpoint):
    """Leave: nobody sees the account any more, every sign-in ends, and after a grace period the
    personal data goes for good."""

    answer = "deleted"

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        deletion.delete_account(user_id=caller.id)
        return "Your account was deleted."


class ExportMyData(OwnRecordEndpoint):
    """Everything that is kept about the caller, by table."""

    throttle = Rate.EXPORT
    answer = {"user": []}

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return export.data_of(user_id=caller.id)
