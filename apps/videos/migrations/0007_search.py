"""Names of hashtags for search; and room for typos where the server has pg_trgm."""

from django.db import DatabaseError, migrations, transaction

NAMES = """
    CREATE INDEX videos_hashtag_search ON videos_hashtag (clipcast_fold(name) text_pattern_ops)"""
TRIGRAMS = {
    "users_user_trigrams": "users_user USING gin (clipcast_fold(username) gin_trgm_ops)",
    "videos_hashtag_trigrams": "videos_hashtag USING gin (clipcast_fold(name) gin_trgm_ops)",
    "videos_sound_trigrams": "videos_sound USING gin (clipcast_fold(name) gin_trgm_ops)",
    # The last one, since search looks for it.
    "videos_video_trigrams": "videos_video USING gin (clipcast_fold(description) gin_trgm_ops)",
}


def add_trigrams(apps, schema_editor):
    """Nothing where the extension is missing, or may not be made by this role."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if cursor.fetchone() is None:
            return
        try:
            with transaction.atomic(using=connection.alias):
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except DatabaseError:
            return
        for name, what in TRIGRAMS.items():
            cursor.execute(f"CREATE INDEX {name} ON {what}")


def drop_trigrams(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for name in TRIGRAMS:
            cursor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("videos", "0006_hidden_comments"), ("users", "0005_search")]

    operations = [
        migrations.RunSQL(NAMES, "DROP INDEX videos_hashtag_search"),
        migrations.RunPython(add_trigrams, drop_trigrams),
    ]
