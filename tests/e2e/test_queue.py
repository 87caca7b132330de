"""The queue while it moves: focus stays, nothing that spends comes under the pointer, and its order."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PHONE, WIDE, Site, signed_in, watched

MAKE = """
from decimal import Decimal
from gallery.models import Gate, Generation, User
from venice import Generate
owner = User.objects.get(username="admin")
made = []
for number, state in enumerate({states!r}):
    operation = Generate(prompt=f"A row that moves {{number}}", model="venice-sd35", width=1024, height=1024)
    row, _ = Generation.objects.enqueue(owner, operation, price=Decimal("0.01"))
    Generation.objects.filter(pk=row.pk).update(state=state)
    made.append(row.pk)
print(made)
"""
TOP = "document.querySelector('#generation-{} [data-action=run-again] button').getBoundingClientRect().top"
FOCUSED = "document.activeElement.closest('[data-action]')?.id ?? document.activeElement.tagName"


def shell(site: Site, code: str) -> str:
    return site.manage("shell", "-v0", "-c", code)


# Of other journeys too: the site is theirs as well.
CLEARED = (
    "from gallery.models import Gate, Generation;"
    "Generation.objects.exclude(state='done').update(state='cancelled')"
)


def rows(site: Site, *states: str) -> list[int]:
    made: list[int] = json.loads(shell(site, MAKE.format(states=states)))
    return made


def becomes(site: Site, pk: int, state: str) -> None:
    shell(
        site,
        f"from gallery.models import Generation; Generation.objects.filter(pk={pk}).update(state='{state}')",
    )


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    """A member's page, while nothing is sent."""
    context = browser.new_context(viewport={"width": 900, "height": 1400})
    complaints = watched(context)
    page = signed_in(site, context, path=None)
    shell(site, f"{CLEARED}; Gate.objects.close(Gate.Kind.PAUSE, 'lunch')")
    yield page
    shell(site, f"{CLEARED}; Gate.objects.all().delete()")
    assert complaints == []
    context.close()


@pytest.mark.long
def test_focus_stays_on_the_same_cancel_while_rows_move(site: Site, page: Page) -> None:
    first, second, third, fourth = rows(site, "queued", "queued", "queued", "queued")
    page.goto(f"{site.url}/queue/")
    page.locator(f"#generation-{third} [data-action=cancel] button").focus()
    page.evaluate("window.focused = document.activeElement")

    # One above it ends badly and moves up, one below it ends well and goes, one begins to run.
    becomes(site, first, "failed")
    expect(page.locator(f"#queue-attention #generation-{first}")).to_be_visible()
    becomes(site, fourth, "done")
    expect(page.locator(f"#generation-{fourth}")).to_have_count(0)
    becomes(site, second, "sending")
    expect(page.locator(f"#generation-{second}")).to_have_attribute("data-state", "sending")

    assert page.evaluate(FOCUSED) == f"cancel-{third}"
    assert page.evaluate("window.focused === document.activeElement")


def test_decisions_come_first_and_stay_where_they_are(site: Site, page: Page) -> None:
    old, newer, waiting, other = rows(site, "failed", "failed", "queued", "queued")
    page.goto(f"{site.url}/queue/")
    shown = page.locator("#queue .card").evaluate_all("all => all.map(row => Number(row.dataset.generation))")
    assert shown == [old, newer, waiting, other]
    tops = [page.evaluate(TOP.format(pk)) for pk in (old, newer)]

    becomes(site, waiting, "interrupted")
    expect(page.locator(f"#queue-attention #generation-{waiting}")).to_be_visible()
    becomes(site, other, "done")
    expect(page.locator("#queue-active")).to_have_count(0)

    assert [page.evaluate(TOP.format(pk)) for pk in (old, newer)] == tops


@pytest.mark.long
def test_what_comes_under_the_pointer_by_itself_cannot_be_paid_at_once(site: Site, page: Page) -> None:
    gone, stays = rows(site, "failed", "failed")
    page.goto(f"{site.url}/queue/")
    page.evaluate(
        """() => new MutationObserver(() => {
          const button = document.querySelector("#queue [data-action=run-again] button");
          window.rested ??= button.getAttribute("aria-disabled");
          button.click();
        }).observe(document.getElementById("main"), {childList: true, subtree: true})"""
    )
    becomes(site, gone, "done")
    expect(page.locator(f"#generation-{gone}")).to_have_count(0)
    button = page.locator(f"#generation-{stays} [data-action=run-again] button")
    expect(button).to_be_enabled()

    assert page.evaluate("window.rested") == "true"
    expect(page.locator("#queue .card")).to_have_count(1)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("address", ["/queue/", "/", "/generations/{}/"])
def test_after_cancel_by_keyboard_the_next_key_neither_pays_nor_starts_at_the_top(
    site: Site, page: Page, address: str
) -> None:
    first, _ = rows(site, "queued", "queued")
    page.goto(site.url + address.format(first))
    page.locator(f"#cancel-{first} button").press("Enter")
    expect(page.locator(f"#generation-{first}")).to_have_attribute("data-state", "cancelled")

    where = page.evaluate(
        "document.activeElement.matches('.prompt a, main') && document.activeElement.tagName"
    )
    assert where in {"A", "MAIN"}


BATCH = """
from decimal import Decimal
from gallery.models import Generation, User
from gallery.models.queue import Order
from venice import Generate
asked = [Generate(prompt="A click", model="venice-sd35", seed=seed) for seed in (1, 2)]
orders = [Order(operation=operation, price=Decimal("0.01")) for operation in asked]
made, _ = Generation.objects.enqueue_batch(User.objects.get(username="admin"), orders)
print([made[0].batch_id, *(row.pk for row in made)])
"""
#: How many requests each later click has, and at what price.
CLICKS_AFTER = """
import json
from gallery.formats import amount
from gallery.models import Batch
later = Batch.objects.filter(pk__gt={})
print(json.dumps([[each.members.count(), amount(each.price)] for each in later]))
"""
#: What has the focus: its own row's link, that of another one, or the page as a whole; never nothing.
HELD = (
    "document.activeElement.closest('[data-generation], .batch, main')?.id ?? document.activeElement.tagName"
)


def end(site: Site, *ids: int) -> None:
    """At once, and well."""
    shell(
        site,
        f"from gallery.models import Generation; Generation.objects.filter(pk__in={ids}).update(state='done')",
    )


@pytest.mark.one_in(2)
@pytest.mark.parametrize("stays", [True, False])
def test_focus_goes_on_when_there_is_nothing_left_to_cancel_at_once(
    site: Site, page: Page, stays: bool
) -> None:
    first, second = rows(site, "queued", "queued")
    page.goto(f"{site.url}/queue/")
    page.locator("#cancel-mine button").focus()

    end(site, *([first] if stays else [first, second]))
    expect(page.locator("#cancel-mine")).to_have_count(0)

    assert page.evaluate(HELD) == (f"generation-{second}" if stays else "main")
    assert page.evaluate("document.activeElement.matches('a, main')")


@pytest.mark.parametrize(
    ("address", "place"), [("/queue/", "main"), ("/batches/{}/", "batch-{}"), ("/create/", "batch-{}")]
)
@pytest.mark.parametrize("verb", ["pause", "cancel"])
@pytest.mark.one_in(6)
def test_focus_goes_on_when_a_click_has_ended(
    site: Site, page: Page, address: str, place: str, verb: str
) -> None:
    click, *made = json.loads(shell(site, BATCH))
    page.goto(site.url + address.format(click))
    page.locator(f"#{verb}-batch-{click} button").focus()

    end(site, *made)
    expect(page.locator(f"#{verb}-batch-{click}")).to_have_count(0)

    assert page.evaluate(HELD) == place.format(click)
    assert page.evaluate("document.activeElement.matches('a, main')")


@pytest.mark.one_in(3)
@pytest.mark.parametrize("address", ["/queue/", "/batches/{}/", "/create/"])
def test_focus_goes_on_when_a_click_was_paused_by_key(site: Site, page: Page, address: str) -> None:
    click, *_ = json.loads(shell(site, BATCH))
    page.goto(site.url + address.format(click))
    page.locator(f"#pause-batch-{click} button").press("Enter")
    expect(page.locator(f"#resume-batch-{click}")).to_be_visible()

    assert page.evaluate("document.activeElement.matches('.batch-title a')")


@pytest.mark.parametrize("window", [WIDE, PHONE["viewport"]])
@pytest.mark.parametrize("by_key", [True, False])
@pytest.mark.one_in(4)
def test_what_failed_of_a_click_runs_again_in_place(
    site: Site, page: Page, window: dict[str, int], by_key: bool
) -> None:
    click, *made = json.loads(shell(site, BATCH))
    for pk in made:
        becomes(site, pk, "failed")
    page.set_viewport_size(window)  # type: ignore[arg-type]
    page.goto(f"{site.url}/create/")
    page.locator("#id_prompt").fill("Words on their way")
    button = page.locator(f"#run-again-batch-{click} button")
    button.scroll_into_view_if_needed()
    shown = button.locator("[name=price]").get_attribute("value")
    place, scrolled = button.bounding_box(), page.evaluate("scrollY")
    assert place

    if by_key:
        button.press("Enter")
    else:
        page.mouse.click(place["x"] + 20, place["y"] + 15)
    new = page.locator(f".batch:has(+ #batch-{click})")
    expect(new).to_have_count(1)
    held = page.evaluate(HELD), page.evaluate("document.activeElement.matches('.batch-title a')")
    # Pressed twice, it stops nothing of the new one, which stands there by now, and leads nowhere.
    if by_key:
        page.keyboard.press("Enter")
    else:
        page.mouse.click(place["x"] + 20, place["y"] + 15)

    assert held == (new.get_attribute("id"), True)
    expect(page.locator(f"#run-again-batch-{click}")).to_have_count(0)
    expect(page.locator("#said")).to_contain_text("2 waiting")
    # Time enough for what a second press may have asked for.
    expect(new.locator("[aria-disabled]")).to_have_count(0)
    expect(new.locator("[data-progress]")).to_have_text("2 waiting")
    expect(new).to_have_attribute("data-state", "active")
    assert (page.url, page.evaluate("scrollY")) == (f"{site.url}/create/", scrolled)
    expect(page.locator("#id_prompt")).to_have_value("Words on their way")
    expect(new).to_be_in_viewport()
    assert json.loads(shell(site, CLICKS_AFTER.format(click))) == [[2, shown]]


@pytest.mark.parametrize("address", ["/batches/{}/", "/create/"])
@pytest.mark.one_in(2)
def test_one_request_of_a_long_click_runs_again_and_stays(site: Site, page: Page, address: str) -> None:
    """The next poll does not take it away; who has scrolled past the click's head stays there, and is told."""
    click, waits, *failed = json.loads(shell(site, BATCH.replace("(1, 2)", "range(1, 13)")))
    for pk in failed:
        becomes(site, pk, "failed")
    page.set_viewport_size(PHONE["viewport"])
    page.goto(site.url + address.format(click))
    pk = failed[5]
    card = page.locator(f"#generation-{pk}")
    button = card.locator("[data-action=run-again] button")
    button.scroll_into_view_if_needed()
    button.focus()
    before = card.bounding_box()
    assert before

    page.keyboard.press("Enter")
    new = page.locator(f".batch:has(+ #batch-{click})")
    expect(new.locator(".card")).to_have_count(1)

    expect(page.locator("#notices")).to_contain_text("It stands above this click")
    expect(page.locator("#said")).to_contain_text("1 request")
    expect(card).to_contain_text("dismissed")
    after = card.bounding_box()
    assert after
    assert abs(after["y"] - before["y"]) < 3
    assert page.evaluate(HELD) == f"generation-{pk}"
    becomes(site, waits, "sending")
    expect(page.locator(f"#generation-{waits}")).to_have_attribute("data-state", "sending")
    expect(new.locator(".card")).to_have_count(1)
    assert page.url == site.url + address.format(click)


@pytest.mark.long
@pytest.mark.parametrize("address", ["/queue/", "/prompts/"])
def test_focus_goes_on_when_a_gate_opens(site: Site, page: Page, address: str) -> None:
    page.goto(site.url + address)
    page.locator("#gates a").focus()

    shell(site, "from gallery.models import Gate; Gate.objects.all().delete()")
    expect(page.locator("#gates a")).to_have_count(0, timeout=10_000)

    assert page.evaluate(HELD) == "main"


@pytest.mark.long
def test_focus_goes_on_in_what_older_brings(site: Site, page: Page) -> None:
    rows(site, *["cancelled"] * 45)
    page.goto(f"{site.url}/create/")
    shown = page.locator(".sitting-row").count()
    page.evaluate("document.querySelector('#sitting-older a').focus({ preventScroll: true })")
    page.keyboard.press("Enter")
    expect(page.locator(".sitting-row").nth(shown)).to_be_visible()

    first = page.locator(".sitting-row").nth(shown).get_attribute("id")
    assert page.evaluate("document.activeElement.closest('.sitting-row')?.id") == first


@pytest.mark.long
def test_what_is_counted_down_reads_as_it_was_written(page: Page, site: Site) -> None:
    page.goto(site.url + "/queue/")
    page.evaluate(
        """() => {
          for (const seconds of [1, 13.4, 41, 150]) {
            const time = document.createElement("time");
            time.dataset.until = new Date(Date.now() + 1000 * seconds).toISOString();
            document.getElementById("main").append(time);
          }
        }"""
    )
    times = page.locator("#main > time")
    expect(times.first).to_have_text("a few seconds")
    words = times.all_inner_texts()
    assert [words[0], words[2]] == ["a few seconds", "about 40 s"]
    assert words[1] in {"about 13 s", "about 12 s", "about 11 s"}
    assert words[3] in {"about 3 min", "about 2 min"}
