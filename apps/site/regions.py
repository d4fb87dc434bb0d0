"""Countries, their states and large cities, read from files that come with the server.

Ids are the standards' own, so that they stay: a country's is its ISO 3166-1 number, a state's is
its ISO 3166-2 code as a number, a city's is GeoNames'.
"""

from bisect import bisect_left
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pycountry

from apps.users.words import fold

CITIES = Path(__file__).parent / "data" / "cities.tsv"
MOST_FOUND = 5
CODE_LETTERS = 36**3  # a state's code has at most three letters or digits behind its country's


class Region(NamedTuple):
    """One name to be found. What it is not has the id 0."""

    folded: str
    rank: int  # countries before states before cities
    name: str
    country_id: int
    state_id: int
    city_id: int


def state_id(country_id: int, code: str) -> int:
    """`code` is the part behind the country's: CA of US-CA."""
    return country_id * CODE_LETTERS + int(code, 36)


@cache
def states() -> dict[str, list[dict[str, Any]]]:
    """The states of each country, by its two letters, in the order of their names."""
    found: dict[str, list[dict[str, Any]]] = {}
    numbers = {country.alpha_2: int(country.numeric) for country in pycountry.countries}
    for state in sorted(pycountry.subdivisions, key=lambda state: fold(state.name)):
        country_id = numbers[state.country_code]
        code = state.code.partition("-")[2]
        found.setdefault(state.country_code, []).append(
            {
                "id": state_id(country_id, code),
                "name": state.name,
                "short_name": code,
                "country_id": country_id,
            }
        )
    return found


@cache
def countries() -> orjson.Fragment:
    """All countries by name, each with its states; made once, since it never changes."""
    rows = sorted(pycountry.countries, key=lambda country: fold(name_of(country)))
    return orjson.Fragment(
        orjson.dumps(
            [
                {
                    "Country": {
                        "id": int(country.numeric),
                        "name": name_of(country),
                        "short_name": country.alpha_2,
                        "iso3": country.alpha_3,
                        "emoji": country.flag,
                    },
                    "State": states().get(country.alpha_2, []),
                }
                for country in rows
            ]
        )
    )


def name_of(country: Any) -> str:
    """The name that people use: Bolivia, and not Bolivia, Plurinational State of."""
    return getattr(country, "common_name", country.name)


@cache
def regions() -> list[Region]:
    """Everything that can be found, in the order of the folded names."""
    names = {country.alpha_2: name_of(country) for country in pycountry.countries}
    numbers = {country.alpha_2: int(country.numeric) for country in pycountry.countries}
    found = [Region(fold(names[code]), 0, names[code], numbers[code], 0, 0) for code in names]
    for code, rows in states().items():
        found += [
            Region(
                fold(row["name"]), 1, f"{row['name']}, {names[code]}", numbers[code], row["id"], 0
            )
            for row in rows
        ]
    for line in CITIES.read_text().splitlines():
        if not line.startswith("#"):
            city_id, name, code = line.split("\t")
            if code in names:
                called = f"{name}, {names[code]}"
                found.append(Region(fold(name), 2, called, numbers[code], 0, int(city_id)))
    return sorted(found)


def named_like(keyword: str) -> list[dict[str, Any]]:
    """Up to five places whose names begin with the keyword, countries first."""
    beginning = fold(keyword)
    if not beginning:
        return []
    everything = regions()
    first = bisect_left(everything, (beginning,))
    last = bisect_left(everything, (beginning + "\U0010ffff",))
    best = sorted(everything[first:last], key=lambda region: (region.rank, region.folded))
    return [
        {
            "country_id": region.country_id,
            "state_id": region.state_id,
            "city_id": region.city_id,
            "name": region.name,
        }
        for region in best[:MOST_FOUND]
    ]
