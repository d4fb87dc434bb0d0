from django.db import migrations, models

NOTE = "extended opens duets in the app, regular does not; empty: the environment's UNLOCK_DUETS"


def add_row(apps, schema_editor):
    settings = apps.get_model("site", "AppSetting")
    settings.objects.get_or_create(type="license", defaults={"value": "", "note": NOTE})


class Migration(migrations.Migration):
    dependencies = [("site", "0003_stickers")]

    operations = [
        migrations.AlterField(
            model_name="appsetting",
            name="value",
            field=models.CharField(
                blank=True, help_text="empty: not told to the apps", max_length=200
            ),
        ),
        migrations.RunPython(add_row, migrations.RunPython.noop),
    ]
