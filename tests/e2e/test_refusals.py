"""Why something was refused is said in the server's own words, and nothing that was typed goes."""

import re
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.conftest import Site, routed, signed_in
from tests.e2e.test_shelf import collection, ids

TYPED = "A lighthouse that nobody may lose"
PASTE = """() => {
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File(["x"], "red.png", { type: "image/png" }));
  const how = { clipboardData, bubbles: true, cancelable: true };
  document.getElementById("id_prompt").dispatchEvent(new ClipboardEvent("paste", how));
}"""


def sign_in(site: Site, page: Page) -> None:
    page.goto(site.manage("signin", "admin", "--create").split()[-1])
    page.get_by_role("button").first.click()
    page.wait_for_url(f"{site.url}/")


@pytest.mark.one_in(2)
@pytest.mark.parametrize("path", ["/create/", "/"])
def test_a_form_that_is_older_than_the_sign_in(site: Site, browser: Browser, path: str) -> None:
    """Two tabs: out and in again in the second one, Generate in the first one, in the form or in the one line."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    # A session of its own, since it ends here.
    first = context.new_page()
    sign_in(site, first)
    first.goto(site.url + path)
    # Kept before the session ends: what is kept later is refused as the form is, and says so.
    with first.expect_response("**/create/draft/"):
        first.locator("#id_prompt").fill(TYPED)
    second = context.new_page()
    second.goto(f"{site.url}/")
    second.evaluate("document.querySelector('form[action=\"/accounts/logout/\"]').submit()")
    second.wait_for_url("**/accounts/login/**")
    sign_in(site, second)

    first.locator("#create-submit").click()

    form = first.locator("#create-form, #create-composer")
    expect(form.locator("[role=alert]")).to_contain_text("This form is older than your sign-in")
    expect(first.locator("#id_prompt")).to_have_value(TYPED)
    # Its token is new: it works at once.
    with first.expect_response(lambda answer: answer.url.endswith("/create/")) as sent:
        first.locator("#create-submit").click()
    assert sent.value.status in (200, 303)
    expect(form.locator("[role=alert]")).to_have_count(0)
    context.close()


@pytest.mark.one_in(4)
@pytest.mark.parametrize("status", [403, 409, 413, 429, 502])
def test_another_server_between_us_has_no_words(site: Site, browser: Browser, status: int) -> None:
    context = routed(browser.new_context(viewport={"width": 1440, "height": 900}))
    page = signed_in(site, context, path="/create/")
    page.locator("#id_prompt").fill(TYPED)

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=status, content_type="text/html", body="<h1>Gateway</h1>")
        else:
            route.continue_()

    page.route("**/create/", answer)
    page.locator("#create-submit").click()
    expect(page.locator("#notices .notice")).to_contain_text("That did not work")
    expect(page.locator("#id_prompt")).to_have_value(TYPED)
    context.close()


DEEDS = {
    "favourite": ("/images/{image}/", "main [data-action=favourite] button", "**/favourite/"),
    "rate": ("/images/{image}/", "main [data-action=rate] button", "**/rate/"),
    "tag": ("/images/{image}/", "#tag-by-name button", "**/tag/"),
    "collect": ("/images/{image}/", "#collect-by-name button", "**/collect/"),
    "cancel": ("/queue/", "#cancel-{waiting} button", "**/cancel/"),
    "cancel a click": ("/batches/{click}/", "#cancel-batch-{click} button", "**/cancel/"),
    "run again": ("/generations/{failed}/", "#run-again-{failed} button", "**/run-again/"),
}
#: A picture, what waits, what failed, and a click of two.
THINGS = """
from decimal import Decimal
from gallery.models import Gate, Generation, Image, User
from gallery.models.queue import Order
from venice import Generate
Gate.objects.close(Gate.Kind.PAUSE, "x")
operation, price = Generate(prompt="Refused", model="venice-sd35"), Decimal("0.01")
order, admin = Order(operation=operation, price=price), User.objects.get(username="admin")
waiting, failed = (Generation.objects.enqueue(admin, operation, price=price)[0].pk for _ in range(2))
Generation.objects.filter(pk=failed).update(state="failed")
click = Generation.objects.enqueue_batch(admin, [order, order])[0][0].batch_id
print(Image.objects.covers().latest("pk").pk, waiting, failed, click)
"""
GONE = """
from gallery.models import Gate, Generation
Generation.objects.filter(state__in=["queued", "failed"]).update(state="cancelled")
Gate.objects.all().delete()
"""


def refuse(status: int, route: Route) -> None:
    page = f"<!doctype html><html><body><main><p data-reason>Words of {status}.</p></main></body></html>"
    route.fulfill(status=status, content_type="text/html", body=page)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("deed", DEEDS)
def test_why_a_deed_was_refused_is_told(filled_site: Site, browser: Browser, deed: str) -> None:
    """In the words of the page that refuses, which takes the place of nothing."""
    context = routed(browser.new_context(viewport={"width": 1440, "height": 900}))
    page = signed_in(filled_site, context, path=None)
    numbers = filled_site.manage("shell", "-v0", "-c", THINGS).split()
    things = dict(zip(("image", "waiting", "failed", "click"), numbers, strict=True))
    try:
        address, button, asked = (each.format(**things) for each in DEEDS[deed])
        page.goto(filled_site.url + address)
        if deed == "collect":
            page.locator("#collect summary").click()
        for field in ("#tag-name", "#collect-name"):
            if page.locator(field).is_visible():
                page.locator(field).fill("Herons")
        for status in (403, 409, 422, 429):
            page.unroute_all()
            page.route(asked, partial(refuse, status))
            page.locator(button).first.click()
            expect(page.locator("#notices")).to_have_text(f"Words of {status}.")
            # It is switched off while it asks, and whoever goes by keys stays on it.
            expect(page.locator(button).first).to_be_focused()
            assert page.locator("[data-reason]").count() == 0
    finally:
        filled_site.manage("shell", "-v0", "-c", GONE)
    context.close()


@pytest.mark.long
def test_a_deed_of_a_page_that_is_older_than_the_sign_in_says_so(filled_site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = signed_in(filled_site, context, path="/images/1/")
    page.evaluate("document.getElementsByName('csrfmiddlewaretoken').forEach((each) => (each.value = 'old'))")
    page.locator("main [data-action=favourite] button").first.click()
    expect(page.locator("#notices")).to_contain_text("This form is older than your sign-in")
    context.close()


@pytest.mark.parametrize(
    ("body", "brought", "moved"),
    [
        (
            "<main><p data-reason>Five at a\n time.</p></main>",
            "red.png: Five at a time.",
            "Five at a time. The picture was not moved.",
        ),
        (
            "<h1>Gateway</h1>",
            "red.png: It could not be sent.",
            "That did not work. The picture was not moved.",
        ),
    ],
    ids=["ours", "another server's"],
)
def test_scripts_say_the_words_of_the_server_and_guess_nothing(
    filled_site: Site, browser: Browser, body: str, brought: str, moved: str
) -> None:
    context = routed(browser.new_context(viewport={"width": 1440, "height": 900}))
    page = signed_in(filled_site, context)
    notices = page.locator("#notices")

    def answers(address: str | re.Pattern[str], status: int) -> None:
        page.unroute_all()
        page.route(address, lambda route: route.fulfill(status=status, content_type="text/html", body=body))

    page.goto(f"{filled_site.url}/create/")
    for status in (403, 413, 500):
        answers("**/uploads/", status)
        page.evaluate(PASTE)
        expect(notices).to_have_text(brought)
        page.evaluate("document.getElementById('notices').replaceChildren()")

    page.goto(collection(filled_site, f"Refused {len(body)}") + "?arrange=1")
    before = ids(page)
    for status in (403, 409, 429, 500):
        answers(re.compile("/order/"), status)
        page.locator(f'[data-image="{before[1]}"] > a').focus()
        page.keyboard.press("Shift+Home")
        expect(notices).to_contain_text(moved)
        page.evaluate("document.getElementById('notices').replaceChildren()")
    assert ids(page) == before
    # Other journeys look at what their pictures are in.
    taken_out = f"Collection.objects.get(name='Refused {len(body)}').remove([{', '.join(before)}])"
    filled_site.manage("shell", "-c", f"from gallery.models import Collection; {taken_out}")
    context.close()
