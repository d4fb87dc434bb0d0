"""What people type into a search, as the database's words."""

import re
import unicodedata

MOST_WORDS = 8
WORD = re.compile(r"\w+")
SEPARATORS = re.compile(r"[-._/@]")
LIKE_SPECIAL = re.compile(r"([\\%_])")


def fold(text: str) -> str:
    """Lower case without accents, as clipcast_fold makes it (apps/users/migrations)."""
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(letter for letter in plain if not "\u0300" <= letter <= "\u036f")
    return SEPARATORS.sub(" ", plain).strip()


def query_of(keyword: str, *, fewest: int = 1) -> str:
    """A tsquery: every word, the last from its beginning, since it may be still being typed.

    Only one, because the index goes through all words with a beginning, and looks a whole word up
    beside a rarer one. With `fewest`, a last word of fewer letters than that is taken as whole,
    unless its script makes do with few. Words hold letters and digits, nothing else.
    """
    words = WORD.findall(fold(keyword).replace("_", " "))[:MOST_WORDS]
    if not words:
        return ""
    is_whole = len(words[-1]) < fewest and words[-1].isascii()
    return " & ".join(f"'{word}'" for word in words) + ("" if is_whole else ":*")


def prefix_of(text: str) -> str:
    """A LIKE pattern for what begins with this text."""
    return LIKE_SPECIAL.sub(r"\\\1", text) + "%"


def part_of(text: str) -> str:
    """A LIKE pattern for what holds this text."""
    return "%" + prefix_of(text)
