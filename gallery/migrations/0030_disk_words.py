"""What the disk's gate and its hold are called: they are for a missing right as well as for want of room."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gallery", "0020_state")]

    operations = [
        migrations.AlterField(
            model_name="gate",
            name="kind",
            field=models.CharField(
                choices=[
                    ("key", "Venice refuses the API key"),
                    ("balance", "No credits at Venice"),
                    ("disk", "The server cannot keep pictures"),
                    ("pause", "Paused by staff"),
                    ("breaker", "Too many failures"),
                    ("busy", "The model is busy"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="generation",
            name="hold",
            field=models.CharField(
                blank=True,
                choices=[
                    ("rate-limit", "the rate limit"),
                    ("member", "refusals of this member’s other requests"),
                    ("unsent", "a connection that failed"),
                    ("refused", "Venice’s refusal"),
                    ("key", "a key that Venice refuses"),
                    ("balance", "a lack of credits at Venice"),
                    ("disk", "the server’s disk"),
                    ("pause", "staff"),
                    ("breaker", "too many failures"),
                    ("busy", "a busy model"),
                    ("other", "something else"),
                ],
                help_text="Why it waits.",
                max_length=20,
            ),
        ),
    ]
