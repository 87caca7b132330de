"""Every generation has a batch, which has the form's id; columns that nothing reads go, they are in the request."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gallery", "0011_batches")]

    operations = [
        migrations.AlterField(
            model_name="generation",
            name="batch",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="generations",
                to="gallery.batch",
            ),
        ),
        migrations.RemoveConstraint(model_name="generation", name="generation_submission_once"),
        migrations.AddConstraint(
            model_name="generation",
            constraint=models.UniqueConstraint(fields=("batch", "position"), name="generation_of_batch_once"),
        ),
        migrations.RemoveField(model_name="generation", name="submission"),
        migrations.RemoveField(model_name="generation", name="resolution"),
        migrations.RemoveField(model_name="generation", name="quality"),
    ]
