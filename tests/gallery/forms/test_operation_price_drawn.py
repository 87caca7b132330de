"""Drawn forms of operations: printed, reserved and charged is what the catalogue's own entries come to."""

import json
import math
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client as Browser
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from PIL import Image as Pillow

from gallery.forms.operations import address_of
from gallery.forms.sources import name_of
from gallery.models import Batch, Generation, Image, Upload, User
from gallery.models.stored import StoredPicture
from gallery.pipeline.worker import WorkerProcess
from tests.examples import tried
from tests.gallery.page import Page
from tests.gallery.paid_form import spending
from tests.gallery.pipeline.conftest import queue
from venice import Client, ServerFailed
from venice.emulator import Emulator

pytestmark = pytest.mark.usefixtures("models_known")

#: Charged like a success, without a picture that somebody would have to paint.
CHARGED = "Make it snow [[fault:500:charged]]"
PATHS = {
    "edit": "/image/edit",
    "multi-edit": "/image/multi-edit",
    "upscale": "/image/upscale",
    "remove-background": "/image/background-remove",
}
#: Pictures that are made, and those that are brought. An upscale has at most 16 777 216 pixels: 2048 × 2048 fits twice,
#: 2044 × 2048 a hair more, 3000 × 2000 and 4096 × 4000 less than twice, and 4200 × 4100 is too large for any.
MADE = ((512, 512), (1280, 1024), (256, 256))
BROUGHT = ((640, 480), (2048, 2048), (2044, 2048), (1900, 2000), (3000, 2000), (4096, 4000), (4200, 4100))

#: Those that bill by tier, quality and number of pictures come up more often than others.
MODELS = (
    "firered-image-edit",
    "flux-2-max-edit",
    "gpt-image-1-5-edit",
    "gpt-image-2-edit",
    "gpt-image-2-edit",
    "grok-imagine-edit",
    "grok-imagine-image-2-0-edit",
    "grok-imagine-image-2-0-edit",
    "luma-uni-1-edit",
    "nano-banana-pro-edit",
    "qwen-image-3-edit",
    "seedream-v5-pro-edit",
    "wan-2-7-pro-edit",
)

#: From the id of a model to what is told of it.
Catalogue = Callable[[str], dict[str, Any]]
Asked = tuple[str, int, list[int], dict[str, str]]


@pytest.fixture
def stock(worker_process: WorkerProcess, alice: User) -> list[StoredPicture]:
    """Pictures of both kinds, with their files."""
    for width, height in MADE:
        queue(alice, width=width, height=height)
        assert worker_process.step()
    uploads = [Upload.objects.bring(alice, flat(*size)) for size in BROUGHT]
    return [*Image.objects.order_by("id"), *uploads]


@pytest.fixture
def catalogue(emulator: Emulator) -> Catalogue:
    """What is served to everybody who asks for it, as plain JSON: no code of ours has read it."""
    found = {}
    for kind in ("image", "inpaint", "upscale"):
        with urllib.request.urlopen(f"{emulator.url}/models?type={kind}") as answer:
            found |= {entry["id"]: entry["model_spec"] for entry in json.load(answer)["data"]}
    return lambda model: found[model]


def flat(width: int, height: int) -> bytes:
    """A picture of that size that weighs little."""
    out = BytesIO()
    Pillow.new("RGB", (width, height), (width % 256, height % 256, 99)).save(out, "PNG")
    return out.getvalue()


#: What the forms have, and what else people may send: of other forms, it counts for nothing here.
OF_EDITS = {
    "model": MODELS,
    "resolution": ("2K", "4K", "1K", ""),
    "quality": ("low", "medium", "high", ""),
    "enhance_prompt": ("off", "on"),
    "aspect_ratio": ("", "1:1", "auto"),
    "output_format": ("", "webp"),
    "count": ("", "3"),
}
OF_UPSCALES = {
    "scale": ("2.01", "4", "2", "2.000001", "2.5", "3", ""),
    "creativity": ("", "0", "0.02"),
    "enhance": ("", "on"),
    "variants": ("", "4"),
}
FIELDS = {"edit": OF_EDITS, "multi-edit": OF_EDITS, "upscale": OF_UPSCALES, "remove-background": OF_UPSCALES}


@st.composite
def choices(draw: st.DrawFn) -> Asked:
    """An operation, the picture that it is of, others beside it, and values of its fields."""
    kind = draw(st.sampled_from(["multi-edit", "upscale", "edit", "multi-edit", "remove-background"]))
    place = st.integers(0, len(MADE) + len(BROUGHT) - 1)
    others = draw(st.lists(place, max_size=6, unique=True)) if kind == "multi-edit" else []
    return kind, draw(place), others, _values(draw, kind)


@st.composite
def later(draw: st.DrawFn) -> Asked:
    """What is chosen instead of that, in whichever form it is."""
    values = _values(draw, "multi-edit") | _values(draw, "upscale")
    changed = draw(st.sets(st.sampled_from(sorted(values)), max_size=3))
    others = draw(st.lists(st.integers(0, len(MADE) + len(BROUGHT) - 1), max_size=6, unique=True))
    return "", 0, others, {name: values[name] for name in changed}


def _values(draw: st.DrawFn, kind: str) -> dict[str, str]:
    return {name: draw(st.sampled_from(values)) for name, values in FIELDS[kind].items()}


def bill(catalogue: Catalogue, kind: str, sent: dict[str, Any], sides: list[tuple[int, int]]) -> Decimal:
    """What Venice takes for this by its own entries, worked out by hand: see its documentation of prices."""
    if kind == "remove-background":
        return usd(catalogue("bria-bg-remover")["pricing"]["generation"])
    if kind == "upscale":
        ((width, height),) = sides
        done = min(float(sent["scale"]), math.sqrt(16_777_216 / (width * height)))
        return usd(catalogue("upscaler")["pricing"]["upscale"]["2x" if done <= 2 else "4x"])
    spec = catalogue(sent["model"])
    prices, limits = spec["pricing"], spec["constraints"]
    tier = sent.get("resolution") or limits.get("defaultResolution")
    if "quality" in prices:
        total = usd(prices["quality"][tier][sent.get("quality") or limits["defaultQuality"]])
    elif "resolutions" in prices:
        total = usd(prices["resolutions"][tier])
    else:
        total = usd(prices["inpaint"])
    if "inputImages" in prices:
        above = max(0, len(sides) - prices["inputImages"]["included"])
        total += above * usd(prices["inputImages"]["additional"])
    return total + (Decimal("0.04") if sent.get("enhance_prompt") == "on" else 0)


def usd(entry: dict[str, Any]) -> Decimal:
    """To a millionth, as money is kept: in the list it stands as the float that it was worked out with."""
    return Decimal(str(entry["usd"])).quantize(Decimal("0.000001"))


def charged(emulator: Emulator, generation: Generation) -> Decimal:
    """What the emulator takes for what would be sent."""
    before = len(emulator.ledger())
    if generation.prompt is None:
        emulator.fault("500", path=PATHS[generation.kind], charged=True, times=1)
    with Client("test-key", emulator.url) as venice, pytest.raises(ServerFailed):
        venice.run(generation.sendable)
    (call,) = emulator.ledger()[before:]
    assert call["path"] == PATHS[generation.kind]
    return Decimal(str(call["charged_usd"]))


@pytest.mark.one_database
@given(asked=choices(), late=later())
@tried(8, long=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_price_from_the_button_to_the_bill(
    client: Browser,
    alice: User,
    emulator: Emulator,
    settings: LazySettings,
    stock: list[StoredPicture],
    catalogue: Catalogue,
    asked: Asked,
    late: Asked,
) -> None:
    settings.SUBMISSIONS_PER_MINUTE = 10_000
    client.force_login(alice)
    # Not of today: the page would list them all.
    Generation.objects.update(created_at=timezone.now() - timedelta(days=2))
    kind, place, beside, values = asked
    pictures = [stock[place], *(stock[each] for each in beside if each != place)]
    opened = values | {"input": [name_of(each) for each in pictures], "prompt": CHARGED}
    page = client.get(address_of(pictures[0], kind), opened)
    (form,) = spending(page, kind)
    if kind == "multi-edit":
        form.fields["input"] = [each["data-input"] for each in Page(page.content).all("li", data_input=None)]
        assert form.fields["input"] == opened["input"]
    before = Generation.objects.count()
    if "disabled" in Page(page.content).one("form", data_action=kind).one("button", class_="main"):
        # Too many pictures for the model, or one that is too large: said before, and never sent.
        assert client.post(form.address, form.fields).status_code == 422
        assert Generation.objects.count() == before
        return
    shown = form.fields["price"]
    sides = [(each.width, each.height) for each in pictures]
    assert Decimal(shown) == bill(catalogue, kind, form.fields, sides)
    assert form.printed == [shown]
    (drawn_again,) = spending(client.post(form.address, form.fields | {"change-model": "1"}), kind)
    assert drawn_again.printed == [shown]

    first = client.post(form.address, form.fields)
    assert first.status_code == 303, [each.words for each in Page(first.content).all(data_error_for=None)]
    batch = Batch.objects.latest("pk")
    (generation,) = batch.members
    assert batch.price == generation.price_estimate == Decimal(shown)
    assert charged(emulator, generation) == Decimal(shown)

    # Whatever is chosen after the price was told, and not told anew: never more than was shown without asking.
    before, changed = Generation.objects.count(), form.fields | late[3] | {"submission": ""}
    if kind == "multi-edit":
        changed["input"] = [name_of(pictures[0]), *(name_of(stock[each]) for each in late[2])]
    answer = client.post(form.address, changed)
    if answer.status_code == 303:
        assert charged(emulator, Generation.objects.latest("pk")) <= Decimal(shown)
    else:
        assert (answer.status_code, Generation.objects.count()) == (422, before)
        new = spending(answer, kind)[0].fields["price"]
        has_message = "price" in Page(answer.content).values("data-error-for")
        assert has_message == (not new or Decimal(new) > Decimal(shown))
