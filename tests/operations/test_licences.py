"""Whatever Clipcast needs to run may be used in a program under the AGPL."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
# In the words of the packages themselves: SPDX names, or what came before them.
FREE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|ISCL|PSF|Python Software Foundation|MPL|Mozilla Public License"
    r"|LGPL|Lesser General Public|AGPL|Affero|GPL-3\.0-or-later|HPND|Unlicense|Zlib|CC0"
    r"|Public Domain|PostgreSQL)\b",
    re.IGNORECASE,
)
# Packages that say nothing of a licence; docs/developers/dependencies.md names each.
SILENT = {"EulerApiSdk"}


def ours() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    return [*project["dependencies"], *(line for extra in extras for line in extra)]


def needed(lines: list[str], seen: set[tuple[str, str]], extra: str = "") -> Iterator[Distribution]:
    """The installed packages that the requirements lead to."""
    for line in lines:
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate({"extra": extra}):
            continue
        try:
            found = distribution(wanted.name)
        except PackageNotFoundError:  # for another system
            continue
        for part in ("", *wanted.extras):
            key = (canonicalize_name(wanted.name), part)
            if key not in seen:
                seen.add(key)
                yield found
                yield from needed(found.requires or [], seen, part)


def licence(package: Distribution) -> str:
    about = package.metadata
    classifiers = [c for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    said = [about.get("License-Expression"), *classifiers, about.get("License")]
    return " | ".join(part for part in said if part)


def test_every_dependencys_licence_is_known_and_free() -> None:
    packages = list(needed(ours(), set()))
    assert len(packages) > 80
    said = {package.metadata["Name"]: licence(package) for package in packages}
    unknown = {name: words[:80] for name, words in said.items() if not FREE.search(words)}
    assert unknown == dict.fromkeys(SILENT, "")


def test_what_is_silent_about_its_licence_stands_in_the_docs() -> None:
    page = (ROOT / "docs/developers/dependencies.md").read_text()
    assert all(f"`{name}`" in page for name in SILENT)


def test_the_search_would_find_one_that_is_not() -> None:
    assert not FREE.search("Proprietary | Business Source License | SSPL-1.0")
