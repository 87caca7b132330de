"""Why a generation waits becomes a code beside its words; who pressed is kept; the pace counts for who presses."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Left

HOLDS = [
    ("rate-limit", "the rate limit"),
    ("member", "refusals of this member’s other requests"),
    ("unsent", "a connection that failed"),
    ("refused", "Venice’s refusal"),
    ("key", "a key that Venice refuses"),
    ("balance", "a lack of credits at Venice"),
    ("disk", "a full disk"),
    ("pause", "staff"),
    ("breaker", "too many failures"),
    ("busy", "a busy model"),
    ("other", "something else"),
]
# What stood in the column where a code stands now.
RATE_LIMIT, MEMBER = "the rate limit", "3 requests of this member were refused within 60 s"


def to_codes(apps, schema_editor):
    """Of each text its code, in a few statements: few rows have one, and none of them is looked at here."""
    rows = apps.get_model("gallery", "Generation").objects.exclude(hold_words="")
    for words, code in ((RATE_LIMIT, "rate-limit"), (MEMBER, "member")):
        rows.filter(hold_words=words).update(hold=code, hold_words="")
    rows = rows.filter(hold="")
    # A call that came back to the queue has written its words, or its kind; long ones were cut.
    words = Q(words=Left(OuterRef("hold_words"), 199)) | Q(error_message="", error_kind=OuterRef("hold_words"))
    calls = apps.get_model("gallery", "Attempt").objects.alias(words=Left("error_message", 199))
    calls = calls.filter(words, generation=OuterRef("pk"))
    rows.filter(Exists(calls.filter(outcome="unsent"))).update(hold="unsent")
    rows.filter(Exists(calls)).update(hold="refused")
    for gate in apps.get_model("gallery", "Gate").objects.all():
        cut = gate.reason if len(gate.reason) <= 200 else f"{gate.reason[:199]}…"
        rows.filter(hold_words=cut).update(hold=gate.kind)
    rows.update(hold="other")


def to_texts(apps, schema_editor):
    """Back to one column: what has words keeps them."""
    rows = apps.get_model("gallery", "Generation").objects.filter(hold_words="").exclude(hold="")
    for words, code in ((RATE_LIMIT, "rate-limit"), (MEMBER, "member")):
        rows.filter(hold=code).update(hold_words=words)
    for code, label in HOLDS:
        rows.filter(hold=code).update(hold_words=label)


class Migration(migrations.Migration):
    dependencies = [("gallery", "0012_one_batch_each")]

    operations = [
        migrations.RenameField(model_name="generation", old_name="hold_reason", new_name="hold_words"),
        migrations.AlterField(
            model_name="generation",
            name="hold_words",
            field=models.CharField(
                blank=True, help_text="The same in words of Venice or staff.", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="generation",
            name="hold",
            field=models.CharField(
                blank=True, choices=HOLDS, default="", help_text="Why it waits.", max_length=20
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="generation",
            name="requested_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Who pressed the button: staff may run again what is another member's.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="requests",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RemoveIndex(model_name="generation", name="generation_rate"),
        migrations.AddIndex(
            model_name="generation",
            index=models.Index(fields=["requested_by", "created_at"], name="generation_pace"),
        ),
        migrations.RunPython(to_codes, to_texts),
    ]
