"""What counts as a word or an emoji."""

import pytest

from apps.analytics.words import emoji_of, words_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hello HELLO hello!", {"hello"}),
        ("the cat is in the house", {"cat", "house"}),
        ("don't worry, Müller’s café", {"worry", "müller's", "café"}),
        ("Cafe\u0301", {"café"}),
        ("el gato y la casa", {"gato", "casa"}),
        ("Привет мир", {"привет", "мир"}),
        ("こんにちは", {"こん", "んに", "にち", "ちは"}),
        ("看https://example.com/cat?x=1 @someone 12345 a", set()),
        ("[laughcry] so_funny", {"funny"}),
        ("x" * 41, set()),
        ("", set()),
    ],
)
def test_words(text, found):
    assert words_of(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("🔥🔥🔥 hot", {"🔥"}),
        ("❤️ and ❤", {"❤"}),
        ("👍🏽👍", {"👍🏽", "👍"}),
        ("👨‍👩‍👧", {"👨‍👩‍👧"}),
        ("🇩🇪🇫🇷", {"🇩🇪", "🇫🇷"}),
        ("1️⃣ 1", {"1\u20e3"}),
        ("[Rose][rose] [not a sticker]", {"[rose]"}),
        ("plain 123 #tag", set()),
    ],
)
def test_emoji(text, found):
    assert emoji_of(text) == found
