from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0007_kept'),
    ]

    operations = [
        migrations.AddField(
            model_name='image',
            name='recipe',
            field=models.PositiveSmallIntegerField(default=1, help_text='How thumbnails, size and colour were made; `remake_thumbnails` remakes older ones.'),
        ),
    ]
