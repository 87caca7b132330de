"""An index of what is not for every eye: few are, and who asks for them walked all pictures."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gallery", "0059_enhanced_words")]

    operations = [
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                fields=["-id"], name="image_sensitive", condition=models.Q(is_cover=True, is_sensitive=True)
            ),
        ),
    ]
