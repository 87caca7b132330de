"""Pictures that Venice called a violation, or blurred, know it themselves: lists ask them."""

from django.db import migrations


def copy(apps, schema_editor):
    images = apps.get_model("gallery", "Image").objects
    generations = apps.get_model("gallery", "Generation").objects.order_by()
    violations = generations.filter(is_content_violation=True).values("pk")
    images.filter(generation__in=violations).update(is_moderated=True)
    images.filter(generation__in=generations.filter(is_blurred=True).values("pk")).update(is_sensitive=True)


class Migration(migrations.Migration):
    dependencies = [("gallery", "0048_curation")]

    operations = [migrations.RunPython(copy, migrations.RunPython.noop)]
