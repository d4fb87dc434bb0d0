"""People as the clients see them."""

import orjson

from apps.contract.shapes import (
    Field,
    Shape,
    fetch_json,
    fetch_one_json,
    fetch_rows,
    nested,
)
from apps.users.models import ExternalIdentity, User
from apps.users.shapes import (
    DeviceShape,
    OwnUser,
    PrivacySettingShape,
    ProfileUser,
    PushNotificationShape,
    SessionShape,
    SignedInUser,
)
from apps.users.stories import PLAYLISTS

PUSH = nested(
    PushNotificationShape, "n", "FROM users_pushnotificationsetting n WHERE n.user_id = {t}.id"
)
PRIVACY = nested(PrivacySettingShape, "p", "FROM users_privacysetting p WHERE p.user_id = {t}.id")


class OwnRecord(Shape):
    """`msg` of showUserDetail for the caller."""

    User: Field = nested(OwnUser, "u")
    PushNotification = PUSH
    PrivacySetting = PRIVACY
    Playlist = PLAYLISTS


class SignedInRecord(OwnRecord):
    """`msg` of registerUser and login."""

    User = nested(SignedInUser, "u")


class PublicRecord(OwnRecord):
    """`msg` of showUserDetail for somebody else."""

    User = nested(ProfileUser, "u")


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


def id_of_email(email: str) -> int | None:
    """The id behind an e-mail address, whatever its case."""
    return User.objects.filter(email__lower=email.lower()).values_list("id", flat=True).first()


def is_email_taken(email: str) -> bool:
    return User.objects.filter(email__lower=email.lower()).exists()


DEVICE_SQL = f"SELECT {DeviceShape.sql('d')} FROM users_device d WHERE d.key = %(key)s"


def device(*, key: str) -> orjson.Fragment | None:
    """An installation as it may know itself."""
    return fetch_one_json(DEVICE_SQL, {"key": key})


SESSIONS_SQL = f"""
    SELECT json_build_object('Session', {SessionShape.sql("s")})
    FROM users_authtoken s LEFT JOIN users_device d ON d.id = s.device_id
    WHERE s.user_id = %(user_id)s AND s.revoked_at IS NULL
    ORDER BY s.last_used_at DESC, s.id DESC LIMIT 100
"""


def sessions(*, user_id: int, current_id: int) -> list[orjson.Fragment]:
    """A person's live sign-ins, newest use first, at most 100."""
    return fetch_json(SESSIONS_SQL, {"user_id": user_id, "current_id": current_id})


REFERRALS_SQL = """
    SELECT u.referral_code,
        (SELECT count(*) FROM users_user r WHERE r.referred_by_id = u.id),
        (SELECT coalesce(sum(e.amount), 0)::bigint FROM users_user r
         JOIN wallet_transfer t ON t.key = 'referral:' || r.id
         JOIN wallet_entry e ON e.transfer_id = t.id WHERE r.referred_by_id = u.id)
    FROM users_user u WHERE u.id = %(user_id)s
"""


def referrals(*, user_id: int) -> dict[str, str | int]:
    """A person's referral code, how many people came with it, and the coins for that."""
    code, count, coins = fetch_rows(REFERRALS_SQL, {"user_id": user_id})[0]
    return {"referral_code": code, "total_referrals": count, "total_rewards": coins}


def has_identity(*, user_id: int, provider: str, subject: str) -> bool:
    """Whether a provider's account is linked to that person."""
    mine = ExternalIdentity.objects.filter(user=user_id, provider=provider, subject=subject)
    return mine.exists()


PUSH_SQL = f"""
    SELECT {PushNotificationShape.sql("n")} FROM users_pushnotificationsetting n
    WHERE n.user_id = %(user_id)s
"""
PRIVACY_SQL = f"""
    SELECT {PrivacySettingShape.sql("p")} FROM users_privacysetting p
    WHERE p.user_id = %(user_id)s
"""


def own_settings(*, user_id: int) -> dict[str, orjson.Fragment | None]:
    """A person's switches, to stand beside an answer's `msg`."""
    parameters = {"user_id": user_id}
    return {
        "PushNotification": fetch_one_json(PUSH_SQL, parameters),
        "PrivacySetting": fetch_one_json(PRIVACY_SQL, parameters),
    }
