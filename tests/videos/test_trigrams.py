"""manage.py use_trigrams

The embedded server has no pg_trgm, so what is made here are indexes of another kind; the real ones
need a server with PostgreSQL's contrib modules.
"""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.videos.discovery import search
from apps.videos.services import trigrams

PLAIN = {"test_one": "videos_hashtag (name)", "test_two": "videos_sound (name)"}


def use_trigrams() -> str:
    output = StringIO()
    call_command("use_trigrams", stdout=output)
    return output.getvalue()


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def plain(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Indexes that any server can make."""
    monkeypatch.setattr(trigrams, "INDEXES", PLAIN)
    monkeypatch.setattr(trigrams, "make_extension", lambda: None)
    yield
    for name in PLAIN:
        execute(f"DROP INDEX IF EXISTS {name}")


def test_a_server_without_it_says_what_is_missing(db: None) -> None:
    with pytest.raises(CommandError) as error:
        use_trigrams()
    assert str(error.value) == trigrams.NOT_OFFERED
    assert not trigrams.are_ready()


def test_it_makes_what_is_missing_once(plain: None) -> None:
    search.has_trigrams.cache_clear()
    assert not search.has_trigrams()
    assert use_trigrams().startswith("Made test_one, test_two.")
    assert trigrams.are_ready()
    assert use_trigrams().startswith("The search forgives typos already")
    execute("DROP INDEX test_two")
    assert use_trigrams().startswith("Made test_two.")
    search.has_trigrams.cache_clear()
    assert search.has_trigrams()
    search.has_trigrams.cache_clear()


def test_an_index_that_was_left_half_made_is_made_anew(plain: None) -> None:
    use_trigrams()
    execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'test_one'::regclass")
    assert not trigrams.are_ready()
    assert use_trigrams().startswith("Made test_one.")
    assert trigrams.are_ready()


def test_an_index_that_can_not_be_made_is_told(
    plain: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trigrams, "INDEXES", {"test_one": "videos_hashtag (nothing)"})
    with pytest.raises(CommandError, match="Not all indexes could be made: column"):
        use_trigrams()


def test_a_role_that_may_not_make_the_extension_is_told_what_to_do(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trigrams, "EXTENSION", "vector")  # which this server offers
    execute("SET LOCAL ROLE pg_read_all_data")
    with pytest.raises(CommandError, match="The role pg_read_all_data may not create"):
        use_trigrams()
