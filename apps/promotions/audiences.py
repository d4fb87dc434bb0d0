"""Target groups: what a person saves of them, whom they fit, and how many people that are."""

from collections.abc import Iterable
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from apps.contract.answers import Refused
from apps.contract.shapes import fetch_json
from apps.promotions.models import ANY_AGE_FROM, Audience, Promotion
from apps.promotions.shapes import AudienceItem

MAX_AUDIENCES = 100
MAX_LOCATIONS = 20
NO_SUCH_AUDIENCE = "This audience is not there."
IN_USE = "This audience is used by a promotion that has not ended."
NO_PLACE = "Locations need the name of a country or a city."
# About so many people are looked at for an estimate, however many there are.
SAMPLED_PEOPLE = 50_000

# Whether the person `u` is in the audience `a`. Who doesn't say how old they are is in those that
# take any age.
MATCHES = f"""
    (a.gender = 'all' OR lower(u.gender) = a.gender)
    AND (a.min_age = 0 AND a.max_age >= {ANY_AGE_FROM} OR extract(year FROM age(u.dob))
        BETWEEN a.min_age AND CASE WHEN a.max_age >= {ANY_AGE_FROM} THEN 999 ELSE a.max_age END)
    AND (a.locations = '[]' OR EXISTS (
        SELECT FROM jsonb_to_recordset(a.locations) AS l(country text, city text)
        WHERE coalesce(l.country, '') IN ('', lower(u.country))
          AND coalesce(l.city, '') IN ('', lower(u.city))))"""
LIST_SQL = f"""
    SELECT {AudienceItem.sql("a")} FROM promotions_audience a JOIN users_user u ON u.id = a.user_id
    WHERE a.user_id = %(viewer_id)s AND a.removed_at IS NULL
        AND (%(audience_id)s::bigint IS NULL OR a.id = %(audience_id)s)
    ORDER BY a.id DESC LIMIT {MAX_AUDIENCES}"""
# Up to SAMPLED_PEOPLE every row is read and the number is exact. Of more, whole pages are drawn,
# always the same ones so that it does not flicker, and what they hold is scaled up.
REACH_SQL = f"""
    SELECT round(found.people * 100 / part.percent)::bigint
    FROM (SELECT least(100, 100.0 * {SAMPLED_PEOPLE} / greatest(reltuples, 1)) AS percent
          FROM pg_class WHERE oid = 'users_user'::regclass) part
    CROSS JOIN LATERAL (
        SELECT count(*) AS people
        FROM users_user u TABLESAMPLE SYSTEM (part.percent) REPEATABLE (1),
            (SELECT %(gender)s::text AS gender, %(min_age)s::int AS min_age,
                    %(max_age)s::int AS max_age, %(locations)s::jsonb AS locations) a
        WHERE u.status = 'active' AND u.id <> %(viewer_id)s AND {MATCHES}) found"""


def add(
    *, user_id: int, name: str, min_age: int, max_age: int, gender: str, locations: list[Any]
) -> Audience:
    """Save a target group. Raises Refused past MAX_AUDIENCES of them."""
    if Audience.objects.filter(user_id=user_id, removed_at=None).count() >= MAX_AUDIENCES:
        raise Refused(f"You have {MAX_AUDIENCES} audiences. Please delete one first.")
    check_ages(min_age, max_age)
    return Audience.objects.create(
        user_id=user_id,
        name=name,
        min_age=min_age,
        max_age=max_age,
        gender=gender,
        locations=places(locations),
    )


def check_ages(min_age: int, max_age: int) -> None:
    if min_age > max_age:
        raise Refused("The lowest age is above the highest.")


def places(locations: Iterable[Any]) -> list[dict[str, str]]:
    """Locations as the clients send them, by their names in small letters.

    `{"country": "Italy", "city": "Rome"}`, or `{"name": "Rome, Italy"}` as place search writes it.
    An entry without a name, all ids 0, is none. Raises Refused for one that has ids alone: a group
    wider than the one that was asked for would cost its owner.
    """
    found = []
    for location in list(locations)[:MAX_LOCATIONS]:
        city, _, country = str(location.get("name") or "").rpartition(",")
        place = {
            "country": str(location.get("country") or country).strip().lower()[:80],
            "city": str(location.get("city") or city.split(",")[0]).strip().lower()[:80],
        }
        ids = [str(location.get(key) or 0) for key in ("country_id", "state_id", "city_id")]
        if "\x00" in "".join(place.values()):
            raise Refused(NO_PLACE)
        if any(place.values()):
            found.append({key: name for key, name in place.items() if name})
        elif set(ids) != {"0"}:
            raise Refused(NO_PLACE)
    return found


@transaction.atomic
def remove(*, user_id: int, audience_id: int) -> None:
    """Take a group off its owner's list. Locks it. Raises Refused while a promotion uses it."""
    audience = lock_own(user_id=user_id, audience_id=audience_id)
    if Promotion.objects.filter(audience=audience).exclude(state=Promotion.State.ENDED).exists():
        raise Refused(IN_USE)
    Audience.objects.filter(pk=audience.pk).update(removed_at=timezone.now())


def lock_own(*, user_id: int, audience_id: int) -> Audience:
    """Raises Refused for somebody else's or a removed one."""
    audiences = Audience.objects.select_for_update(no_key=True)
    audience = audiences.filter(pk=audience_id, user_id=user_id, removed_at=None).first()
    if audience is None:
        raise Refused(NO_SUCH_AUDIENCE)
    return audience


def own(*, user_id: int, media_url: str, audience_id: int | None = None) -> list[orjson.Fragment]:
    """A person's groups, newest first; only one of them with an id."""
    parameters = {"viewer_id": user_id, "media_url": media_url, "audience_id": audience_id}
    return fetch_json(LIST_SQL, parameters)


def reach(*, user_id: int, min_age: int, max_age: int, gender: str, locations: list[Any]) -> int:
    """About how many people a group has, its maker left out. One statement of bounded cost."""
    check_ages(min_age, max_age)
    parameters: dict[str, Any] = {
        "viewer_id": user_id,
        "min_age": min_age,
        "max_age": max_age,
        "gender": gender,
        "locations": Jsonb(places(locations)),
    }
    with connection.cursor() as cursor:
        cursor.execute(REACH_SQL, parameters)
        return cursor.fetchone()[0]
