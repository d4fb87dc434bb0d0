"""Words for search: folded to lower case without accents, and an index of people's names."""

from django.db import migrations

# unaccent is an extension that not every server has; decomposing and dropping the marks is not.
FOLD = r"""
    CREATE FUNCTION clipcast_fold(words text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $fold$
        SELECT regexp_replace(regexp_replace(
            normalize(lower(words), NFKD), '[\u0300-\u036f]', '', 'g'), '[-._/@]', ' ', 'g')
    $fold$"""
NAMES = """
    CREATE INDEX users_user_search ON users_user USING gin (
        to_tsvector('simple', clipcast_fold(username || ' ' || first_name || ' ' || last_name)))"""


class Migration(migrations.Migration):
    dependencies = [("users", "0004_shares_and_visits")]

    operations = [
        migrations.RunSQL(FOLD, "DROP FUNCTION clipcast_fold(text)"),
        migrations.RunSQL(NAMES, "DROP INDEX users_user_search"),
    ]
