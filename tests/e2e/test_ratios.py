"""Several pictures of one card: each is whole and in its own ratio, wherever the card stands."""

import json

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import Site, signed_in

#: A finished generation for each of SHAPES, drawn by a card that still waits; it takes files that are there.
MAKE = """
import json, uuid
from django.db import transaction
from django.utils import timezone
from gallery.models import *
from venice import Generate
files = list(Image.objects.order_by("pk")[:4])
owner = User.objects.get(username="admin")
now, made = timezone.now(), dict()
# In one transaction: the worker of the site would take what is queued for a moment.
with transaction.atomic():
    for name, sizes in {shapes!r}.items():
        count = len(sizes)
        operation = Generate(prompt="Several in one", model="venice-sd35", width=1024, height=1024, variants=count)
        row, _ = Generation.objects.enqueue(owner, operation)
        times = dict(sent_at=now, finished_at=now)
        Generation.objects.filter(pk=row.pk).update(state={state!r}, variants=count + {missing}, **times)
        attempt = Attempt.objects.create(generation=row, token=uuid.uuid4(), worker="w", host="h", model=row.model,
            outcome="ok", status=200, **times)
        for index, (width, height) in enumerate(sizes):
            one = files[index]
            one.pk, one.generation, one.attempt, one.index, one.is_cover = None, row, attempt, index, not index
            one.width, one.height, one.owner, one.prompt, one.created_at = width, height, owner, row.prompt, now
            one.stack_size = count
            one._state.adding = True
            one.save()
        made[name] = row.pk
print(json.dumps(made))
"""
SHAPES = {
    "two squares": [(1024, 1024)] * 2,
    "two upright": [(768, 1344)] * 2,
    "two wide": [(1344, 768)] * 2,
    "two very wide": [(1536, 512)] * 2,
    "three squares": [(1024, 1024)] * 3,
    "three wide": [(1344, 768)] * 3,
    "four upright": [(768, 1344)] * 4,
    "two of different shapes": [(768, 1344), (1344, 768)],
}
#: For the short run: upright and wide, both in one, and two, three and four of them.
FEW = ["two upright", "three wide", "four upright", "two of different shapes"]
LOOKS = [(360, "interrupted"), (360, "done"), (1280, "interrupted"), (1280, "done")]
MEASURE = """(all) => all.map((tile) => {
  const [box, card] = [tile.getBoundingClientRect(), tile.closest(".box").getBoundingClientRect()];
  const image = tile.querySelector("img");
  const inside = box.left >= card.left - 1 && box.right <= card.right + 1
    && box.top >= card.top - 1 && box.bottom <= card.bottom + 1;
  return [box.width / box.height, image.getAttribute("width") / image.getAttribute("height"), inside, box.width];
})"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "state", "names"),
    [
        (360, "interrupted", FEW),
        (1280, "done", FEW),
        *(pytest.param(*look, [*SHAPES], marks=pytest.mark.long) for look in LOOKS),
    ],
)
def test_each_picture_has_its_own_ratio(
    filled_site: Site, browser: Browser, width: int, state: str, names: list[str]
) -> None:
    site = filled_site
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = signed_in(site, context)
    wrong, missing = {}, int(state != "done")
    code = MAKE.format(shapes={name: SHAPES[name] for name in names}, state=state, missing=missing)
    for name, pk in json.loads(site.manage("shell", "-v0", "-c", code)).items():
        count = len(SHAPES[name])
        places = [f"/generations/{pk}/"] + (["/queue/"] if missing else [])
        for path in places:
            page.goto(site.url + path)
            tiles = page.locator(f"#generation-{pk} .pictures .tile")
            if got := off(tiles.evaluate_all(MEASURE), count):
                wrong[name, path] = got
        # As the card of a grid, as it comes by itself where one has just generated.
        for path, grid in (("/", "#active"), ("/create/", "#create-sitting")):
            page.goto(site.url + path)
            page.evaluate(
                f"""async () => {{
                  const answer = await fetch("/generations/{pk}/card/?seen=");
                  document.querySelector("{grid}").innerHTML = await answer.text();
                }}"""
            )
            # The page may bring the same card once more by itself.
            tiles = page.locator(f"#generation-{pk}").first.locator(".pictures .tile")
            if got := off(tiles.evaluate_all(MEASURE), count):
                wrong[name, path] = got
    site.manage("shell", "-v0", "-c", "from gallery.models import Generation, Image; " + AWAY)
    assert wrong == {}
    context.close()


AWAY = "Image.objects.filter(prompt__text='Several in one').delete(); " + (
    "Generation.objects.filter(prompt__text='Several in one').update(state='cancelled')"
)


def off(measured: list[list[float]], count: int) -> list[list[float]]:
    """What differs from its own ratio by more than a gap of some pixels makes, or leaves the box."""
    assert len(measured) == count
    return [one for one in measured if abs(one[0] / one[1] - 1) > 0.06 or not one[2] or one[3] < 12]
