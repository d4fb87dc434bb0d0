"""What the apps need at their first start; operators change it in the admin pages."""

from django.db import migrations

SETTINGS = [
    ("show_advert_after", "20", "clips between two advertisements"),
    ("add_type", "none", "advertisements in the app: none, admob or adcolony"),
    ("video_compression", "0", "1: the Android app compresses clips before it uploads them"),
]
INTERESTS = {
    "Arts": ["Music", "Dance", "Drawing", "Film", "Photography"],
    "Everyday life": ["Cooking", "Travel", "Fashion", "Animals", "Do it yourself"],
    "Sports and games": ["Football", "Fitness", "Outdoors", "Gaming"],
    "Knowledge": ["Science", "Technology", "Languages", "History"],
    "Fun": ["Comedy", "Pranks", "Talents"],
}
LANGUAGES = [
    ("en", "English"), ("am", "አማርኛ"), ("ar", "العربية"), ("de", "Deutsch"), ("es", "Español"),
    ("fr", "Français"), ("hi", "हिन्दी"), ("id", "Bahasa Indonesia"), ("om", "Afaan Oromoo"),
    ("pt", "Português"), ("so", "Soomaali"), ("ti", "ትግርኛ"), ("tr", "Türkçe"), ("ur", "اردو"),
]


def fill(apps, schema_editor):
    for kind, value, note in SETTINGS:
        apps.get_model("site", "AppSetting").objects.create(type=kind, value=value, note=note)
    for place, (title, interests) in enumerate(INTERESTS.items()):
        section = apps.get_model("site", "InterestSection").objects.create(
            title=title, position=place
        )
        for position, interest in enumerate(interests):
            apps.get_model("site", "Interest").objects.create(
                section=section, title=interest, position=position
            )
    for position, (code, name) in enumerate(LANGUAGES):
        apps.get_model("site", "Language").objects.create(code=code, name=name, position=position)


class Migration(migrations.Migration):
    dependencies = [("site", "0001_initial")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
