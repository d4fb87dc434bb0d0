"""What the search needs to forgive typos: the extension pg_trgm and four indexes.

A server that has it when the database is made gets them from `migrate` (migrations/0007_search.py),
any other by `manage.py use_trigrams`.
"""

from django.db import DatabaseError, connection

EXTENSION = "pg_trgm"
INDEXES = {
    "users_user_trigrams": "users_user USING gin (clipcast_fold(username) gin_trgm_ops)",
    "videos_hashtag_trigrams": "videos_hashtag USING gin (clipcast_fold(name) gin_trgm_ops)",
    "videos_sound_trigrams": "videos_sound USING gin (clipcast_fold(name) gin_trgm_ops)",
    "videos_video_trigrams": "videos_video USING gin (clipcast_fold(description) gin_trgm_ops)",
}
WORD_LIKENESS = 0.4
NOT_OFFERED = (
    "This PostgreSQL does not offer the extension pg_trgm. It comes with PostgreSQL's contrib "
    "modules (Debian: apt-get install postgresql-contrib); the embedded server has none."
)
NOT_ALLOWED = (
    "The role {role} may not create the extension pg_trgm ({error}). "
    "Have a superuser run CREATE EXTENSION pg_trgm in the database {database}, then try again."
)
MISSING_SQL = """
    SELECT name FROM unnest(%s::text[]) name WHERE NOT EXISTS (
        SELECT FROM pg_index i WHERE i.indisvalid AND i.indexrelid = to_regclass(name))"""


class NoTrigramsError(Exception):
    """The server can't forgive typos; the message says why, for an operator."""


def are_ready() -> bool:
    """Whether all indexes are there, and so the extension."""
    return not missing()


def missing() -> list[str]:
    """The indexes that are not there, or were left half made."""
    with connection.cursor() as cursor:
        cursor.execute(MISSING_SQL, [list(INDEXES)])
        return [row[0] for row in cursor.fetchall()]


def be_lenient() -> None:
    """In this transaction a word is near enough that shares WORD_LIKENESS of its letters' threes.

    With pg_trgm's own 0.6, "beatiful" is not "beautiful".
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL pg_trgm.word_similarity_threshold = {WORD_LIKENESS}")


def use() -> list[str]:
    """Make what is missing; the names of the indexes that were made.

    Writers are not held up: the indexes are made concurrently, so not within a transaction.
    Raises NoTrigramsError.
    """
    make_extension()
    names = missing()
    try:
        with connection.cursor() as cursor:
            for name in names:
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
                cursor.execute(f"CREATE INDEX CONCURRENTLY {name} ON {INDEXES[name]}")
    except DatabaseError as error:
        raise NoTrigramsError(f"Not all indexes could be made: {first_line(error)}") from error
    return names


def make_extension() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT installed_version, current_user, current_database() "
            "FROM pg_available_extensions WHERE name = %s",
            [EXTENSION],
        )
        offered = cursor.fetchone()
        if offered is None:
            raise NoTrigramsError(NOT_OFFERED)
        installed, role, database = offered
        if installed:
            return
        try:
            cursor.execute(f"CREATE EXTENSION {EXTENSION}")
        except DatabaseError as error:
            message = NOT_ALLOWED.format(role=role, error=first_line(error), database=database)
            raise NoTrigramsError(message) from error


def first_line(error: DatabaseError) -> str:
    return str(error).split("\n")[0]
