"""The words and emoji of a chat message. Pure functions.

A word is a run of letters and digits of any script, case-folded and in Unicode's composed form.
Scripts that put no space between words (Chinese, Japanese, Thai ...) are counted in pairs of
characters, which needs no dictionary. Links, mentions, bare numbers and the most common words of
several languages are left out. An emoji is what people see as one: with its skin tone, joined to
others, or a flag; TikTok's own stickers, written as `[laughcry]`, count as emoji.
"""

import re
import unicodedata

from apps.analytics.stop_words import STOP_WORDS

LONGEST = 40
SKIPPED = re.compile(r"https?://\S+|www\.\S+|@[\w.]+")
STICKER = re.compile(r"\[[A-Za-z]{2,30}\]")
RUN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u25aa-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa"
    "\U0001f400-\U0001faff]"
)
DRESSED = f"{PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]*"
EMOJI = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{DRESSED}(?:\u200d{DRESSED})*"
)
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+")


def words_of(text: str) -> set[str]:
    """The words worth counting, each once."""
    text = unicodedata.normalize("NFC", STICKER.sub(" ", SKIPPED.sub(" ", text))).casefold()
    found: set[str] = set()
    for run in RUN.findall(text):
        found.update(pieces(run.replace("’", "'")))
    return {word for word in found if is_worth_counting(word)}


def pieces(run: str) -> list[str]:
    unspaced = UNSPACED.findall(run)
    if not unspaced:
        return [run]
    pairs = [part[i : i + 2] for part in unspaced for i in range(max(len(part) - 1, 1))]
    return pairs + [part for part in UNSPACED.split(run) if part]


def is_worth_counting(word: str) -> bool:
    return 2 <= len(word) <= LONGEST and not word.isnumeric() and word not in STOP_WORDS


def emoji_of(text: str) -> set[str]:
    """The emoji and stickers, each once; with or without its variation selector is the same."""
    stickers = {sticker.lower() for sticker in STICKER.findall(text)}
    emoji = {found.replace("\ufe0f", "") for found in EMOJI.findall(text)}
    return {each for each in stickers | emoji if len(each) <= LONGEST}
