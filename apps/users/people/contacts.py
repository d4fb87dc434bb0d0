"""Who in an address book has an account."""

import re
from collections.abc import Iterable

import orjson
import phonenumbers

from apps.contract.shapes import fetch_json
from apps.users.models import User
from apps.users.people.lists import VISIBLE
from apps.users.people.shapes import ContactItem

SHA256 = re.compile(r"[0-9a-f]{64}")
MAX_FOUND = 200


def contacts_sql(match: str) -> str:
    return f"""
    SELECT {ContactItem.sql("u")}
    FROM unnest(%(keys)s::text[], %(sent)s::text[]) AS f(key, sent)
    {match} WHERE u.id <> %(viewer_id)s AND {VISIBLE} ORDER BY u.id LIMIT {MAX_FOUND}"""


BY_PHONE_SQL = contacts_sql("JOIN users_user u ON u.phone = f.key AND u.phone <> ''")
BY_DIGEST_SQL = contacts_sql(
    "JOIN users_user u ON u.phone <> '' AND encode(sha256(u.phone::bytea), 'hex') = f.key"
)
BY_FACEBOOK_SQL = contacts_sql(
    """JOIN users_externalidentity i ON i.provider = 'facebook' AND i.subject = f.key AND i.proven
    JOIN users_user u ON u.id = i.user_id"""
)


def by_phone(*, sent: Iterable[str], viewer_id: int, media_url: str) -> list[orjson.Fragment]:
    """Accounts behind phone numbers: as an address book has them, or the SHA-256 (hex) of their
    E.164 form. Numbers without a country code are read as in the viewer's own country."""
    own = User.objects.values_list("phone", flat=True).get(pk=viewer_id)
    region = region_of(own)
    numbers, digests = {}, {}
    for text in sent:
        if SHA256.fullmatch(text.lower()):
            digests[text.lower()] = text
        elif number := e164(text, region):
            numbers[number] = text
    found = look_up(BY_PHONE_SQL, numbers, viewer_id, media_url)
    return found + look_up(BY_DIGEST_SQL, digests, viewer_id, media_url)


def by_facebook(*, sent: Iterable[str], viewer_id: int, media_url: str) -> list[orjson.Fragment]:
    """Accounts that were proven to belong to these Facebook ids."""
    return look_up(BY_FACEBOOK_SQL, {text: text for text in sent}, viewer_id, media_url)


def region_of(phone: str) -> str | None:
    """The country of an E.164 number, such as "PK"."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return None


def e164(text: str, region: str | None) -> str:
    """The number in E.164 form, or nothing if it can't be one."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def look_up(
    sql: str, sent_by_key: dict[str, str], viewer_id: int, media_url: str
) -> list[orjson.Fragment]:
    if not sent_by_key:
        return []
    parameters = {
        "keys": list(sent_by_key),
        "sent": list(sent_by_key.values()),
        "viewer_id": viewer_id,
        "media_url": media_url,
    }
    return fetch_json(sql, parameters)
