"""Sessions end when rights change."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gallery", "0030_disk_words")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="rights_changes",
            field=models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="How often rights changed: sessions of before are over.",
            ),
        ),
    ]
