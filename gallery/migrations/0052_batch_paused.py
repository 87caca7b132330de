import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gallery", "0051_shelf")]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="paused_at",
            field=models.DateTimeField(
                blank=True, help_text="Since when nothing more of it is sent: somebody paused it.", null=True
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="click_limit",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="The most pictures that one click may ask for; empty: as MAX_PICTURES_PER_CLICK says.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(5000),
                ],
            ),
        ),
        migrations.AlterField(
            model_name='generation',
            name='hold',
            field=models.CharField(blank=True, choices=[('rate-limit', 'the rate limit'), ('member', 'refusals of this member’s other requests'), ('unsent', 'a connection that failed'), ('refused', 'Venice’s refusal'), ('key', 'a key that Venice refuses'), ('balance', 'a lack of credits at Venice'), ('disk', 'the server’s disk'), ('pause', 'staff'), ('batch', 'a pause of its click'), ('breaker', 'too many failures'), ('busy', 'a busy model'), ('other', 'something else')], help_text='Why it waits.', max_length=20),
        ),
    ]
