"""People as the clients see them."""

import orjson

from apps.contract.shapes import Field, Shape, constant, fetch_one_json, nested
from apps.users.models import User
from apps.users.shapes import (
    OwnUser,
    PrivacySettingShape,
    PublicUser,
    PushNotificationShape,
    SignedInUser,
)

PUSH = nested(
    PushNotificationShape, "n", "FROM users_pushnotificationsetting n WHERE n.user_id = {t}.id"
)
PRIVACY = nested(PrivacySettingShape, "p", "FROM users_privacysetting p WHERE p.user_id = {t}.id")


class OwnRecord(Shape):
    """`msg` of showUserDetail for the caller."""

    User: Field = nested(OwnUser, "u")
    PushNotification = PUSH
    PrivacySetting = PRIVACY
    Playlist = constant([])


class SignedInRecord(OwnRecord):
    """`msg` of registerUser and login."""

    User = nested(SignedInUser, "u")


class PublicRecord(OwnRecord):
    """`msg` of showUserDetail for somebody else."""

    User = nested(PublicUser, "u")


OWN_RECORD_SQL = f"SELECT {OwnRecord.sql('u')} FROM users_user u WHERE u.id = %(viewer_id)s"
SIGNED_IN_SQL = f"SELECT {SignedInRecord.sql('u')} FROM users_user u WHERE u.id = %(viewer_id)s"
PUBLIC_RECORD_SQL = f"""
    SELECT {PublicRecord.sql("u")} FROM users_user u
    WHERE u.status <> 'deleted' AND u.id = %(user_id)s
"""


def own_record(*, user_id: int, media_url: str) -> orjson.Fragment:
    """A person's record for their own eyes, wallet and settings included."""
    record = fetch_one_json(OWN_RECORD_SQL, {"viewer_id": user_id, "media_url": media_url})
    if record is None:
        raise User.DoesNotExist
    return record


def signed_in_record(*, user_id: int, token: str, media_url: str) -> orjson.Fragment:
    """The same right after sign-in, with the new token."""
    parameters = {"viewer_id": user_id, "media_url": media_url, "auth_token": token}
    record = fetch_one_json(SIGNED_IN_SQL, parameters)
    if record is None:
        raise User.DoesNotExist
    return record


def public_record(*, user_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    """Somebody's record as `viewer_id` (0: a guest) may see it; None unless the account is open."""
    parameters = {"user_id": user_id, "viewer_id": viewer_id, "media_url": media_url}
    return fetch_one_json(PUBLIC_RECORD_SQL, parameters)


def id_of_username(username: str) -> int | None:
    """The id behind a name, whatever its case."""
    return (
        User.objects.filter(username__lower=username.lower()).values_list("id", flat=True).first()
    )
