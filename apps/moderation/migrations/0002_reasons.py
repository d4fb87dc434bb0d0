"""The reasons that the apps offer from the start. Operators may change them afterwards."""

from django.db import migrations

REASONS = [
    "Spam or misleading",
    "Harassment or bullying",
    "Hate speech",
    "Nudity or sexual content",
    "Child safety",
    "Violence or dangerous acts",
    "Suicide or self-harm",
    "Illegal goods or activities",
    "Pretends to be someone else",
    "Uses my work without permission",
    "Something else",
]


def seed(apps, schema_editor):
    reason = apps.get_model("moderation", "ReportReason")
    reason.objects.bulk_create(
        reason(title=title, position=position) for position, title in enumerate(REASONS, 1)
    )


class Migration(migrations.Migration):
    dependencies = [("moderation", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
