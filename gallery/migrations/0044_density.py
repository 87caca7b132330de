"""Each member has a height of rows in the grid."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gallery", "0041_image_documents")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="row_height",
            field=models.PositiveSmallIntegerField(
                default=180,
                help_text="Height of a row of pictures in the grid, in pixels: 110 to 360, in steps of 10.",
                validators=[
                    django.core.validators.MinValueValidator(110),
                    django.core.validators.MaxValueValidator(360),
                    django.core.validators.StepValueValidator(10),
                ],
            ),
        ),
    ]
