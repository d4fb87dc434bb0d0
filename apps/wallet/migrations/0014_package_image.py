from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wallet", "0013_orders_and_proofs")]

    operations = [
        migrations.AddField(
            model_name="coinpackage",
            name="image",
            field=models.ImageField(
                blank=True,
                db_default="",
                default="",
                help_text="PNG, JPEG or WebP",
                upload_to="coins/",
            ),
        ),
    ]
