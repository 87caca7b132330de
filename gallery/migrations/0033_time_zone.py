"""Each member reads times in a zone of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gallery", "0032_search")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="time_zone",
            field=models.CharField(blank=True, help_text="Empty: as the browser says.", max_length=64),
        ),
    ]
