"""Drawn forms over the whole catalogue: printed, posted, written down and charged are one price."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.test import Client as Browser
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from gallery.models import Batch, Draft, Generation, User
from tests.examples import tried
from tests.gallery.page import Page
from tests.gallery.paid_form import spending
from venice import Client, Model, ServerFailed, bundled_models
from venice.emulator import Emulator

pytestmark = pytest.mark.usefixtures("models_known")

MODELS = [model for model in bundled_models() if model.takes_generate]
#: It is charged like a success, without a picture that somebody would have to paint.
CHARGED = "A bridge [[fault:500:charged]]"
#: The same as two texts, one of them twice: three requests where braces mean a choice.
CHOOSES = "A {bridge|lock|lock} [[fault:500:charged]]"


@st.composite
def choices(draw: st.DrawFn) -> dict[str, str]:
    """A model and whatever its form offers that may change a price, or be thought to."""
    model: Model = draw(st.sampled_from(MODELS))
    some = {
        "resolution": model.resolutions,
        "quality": model.qualities,
        "aspect_ratio": model.aspect_ratios,
        "variants": ("1", "2", "3", "4"),
        "enhance_prompt": ("on", "off"),
        "enable_web_search": ("on", "off"),
        "format": ("webp", "png"),
        "width": ("512", "1024"),
        "steps": ("1", "20"),
        # What this model does not take, and what no model takes: they count for nothing.
        "lora_strength": ("9",),
        "count": ("1", "2", "3"),
        "alternatives": ("on",),
        "prompt": (CHOOSES,),
        "another-model": tuple(other.id for other in MODELS),
        # Of no click that is there: what one asks for twice is another question.
        "batch": ("1000000",),
    }
    foreign = {"resolution": ("4K",), "quality": ("high",)}
    asked = {"model": model.id, "prompt": CHARGED}
    for name, values in some.items():
        offered = values or foreign.get(name, ())
        if offered and draw(st.booleans()):
            asked[name] = draw(st.sampled_from(offered))
    return asked


# Hundreds of forms in one transaction, of which PostgreSQL has no statistics: a quarter of an hour there.
@pytest.mark.one_database
@given(asked=choices(), late=choices())
@tried(15, long=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_price_from_the_button_to_the_bill(
    client: Browser,
    alice: User,
    emulator: Emulator,
    settings: LazySettings,
    asked: dict[str, str],
    late: dict[str, str],
) -> None:
    settings.SUBMISSIONS_PER_MINUTE = 10_000
    client.force_login(alice)
    # Each form by itself: what one example chose is no part of the next one's.
    Draft.objects.all().delete()
    # Not of today: the page would list them all.
    Generation.objects.update(created_at=timezone.now() - timedelta(days=2))
    form = spending(client.get("/create/", asked))[0]
    priced = Page(client.post("/create/price/", form.fields).content)
    shown = form.fields["price"]
    assert form.printed == [shown]
    assert priced.one("input", name="price")["value"] == shown
    assert f"Generate · ${shown}" in priced.words

    first = client.post("/create/", form.fields)
    assert first.status_code == 303, [each.words for each in Page(first.content).all(data_error_for=None)]

    batch = Batch.objects.latest("pk")
    assert batch.price == Decimal(shown)
    assert sum(row.price_estimate or 0 for row in batch.members) == Decimal(shown)
    assert charged(emulator, batch) == Decimal(shown)

    # Whatever is chosen after the price was told, and not told anew: never more than was shown without asking.
    before, changed = Generation.objects.count(), form.fields | late | {"price": shown, "submission": ""}
    answer = client.post("/create/", changed)
    if answer.status_code == 303:
        assert charged(emulator, Batch.objects.latest("pk")) <= Decimal(shown)
    else:
        assert answer.status_code == 422
        assert Generation.objects.count() == before
        new = spending(answer)[0].fields
        has_message = "price" in Page(answer.content).values("data-error-for")
        assert has_message == (Decimal(new["price"]) > Decimal(shown))


def charged(emulator: Emulator, batch: Batch) -> Decimal:
    """What the emulator takes for all that would be sent."""
    before = len(emulator.ledger())
    with Client("test-key", emulator.url) as venice:
        for row in batch.members:
            with pytest.raises(ServerFailed):
                venice.run(row.operation)
    return sum((Decimal(str(call["charged_usd"])) for call in emulator.ledger()[before:]), Decimal(0))
