"""The app lets nobody make a room without a topic, so there are some from the start."""

from django.db import migrations

TITLES = ["Just talking", "Music", "Comedy", "Sports", "Gaming", "Film", "Travel", "Technology"]


def fill(apps, schema_editor):
    for position, title in enumerate(TITLES):
        apps.get_model("rooms", "Topic").objects.create(title=title, position=position)


class Migration(migrations.Migration):
    dependencies = [("rooms", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
