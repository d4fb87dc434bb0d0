"""The price that an app claims is a text: it comes in the buyer's own money and spelling."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wallet", "0002_ledger")]
    operations = [
        migrations.RemoveField("purchase", "claimed_price"),
        migrations.AddField(
            "purchase",
            "claimed_price",
            models.CharField(blank=True, default="", help_text="as the app sent it", max_length=50),
            preserve_default=False,
        ),
    ]
