from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gallery", "0049_what_venice_said")]

    operations = [
        migrations.AddField(
            model_name="generation",
            name="origin_purged",
            field=models.BooleanField(
                default=False, help_text="A picture that it was made from was thrown away for good."
            ),
        ),
    ]
