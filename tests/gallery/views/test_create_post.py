"""Generate queues exactly one generation, or says at the field what is wrong and spends nothing."""

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.utils import timezone

from gallery.models import CatalogModel, Generation, Prompt, User
from tests.gallery.page import Page
from tests.gallery.paid_form import sent_of

pytestmark = pytest.mark.usefixtures("models_known")

GOOD = {"model": "z-image-turbo", "prompt": "A moonlit bridge"}
URLENCODED = "application/x-www-form-urlencoded"


def is_refused(response: Any, field: str) -> None:
    """The form again with a message at `field`; no row, so no call."""
    assert response.status_code == 422
    assert field in Page(response.content).values("data-error-for")
    assert not Generation.objects.exists()
    assert not Prompt.objects.exists()


def test_it_queues_and_shows_the_generation(maker: Client, alice: User) -> None:
    response = maker.post("/create/", GOOD)

    generation = Generation.objects.get()
    assert (response.status_code, response["Location"]) == (303, f"/generations/{generation.pk}/")
    assert (generation.owner, generation.prompt.text, generation.state) == (alice, GOOD["prompt"], "queued")
    assert generation.request["seed"] == generation.seed
    assert generation.price_estimate == CatalogModel.objects.price(generation.operation)


def test_a_stranger_is_sent_to_sign_in(client: Client) -> None:
    assert client.get("/create/").status_code == 302
    assert client.post("/create/", GOOD)["Location"].startswith("/accounts/login/")
    assert client.post("/create/price/", GOOD, headers={"HX-Request": "true"}).status_code == 401
    assert (
        client.get("/create/recent-prompts/", headers={"HX-Request": "true"})["HX-Redirect"]
        == "/accounts/login/"
    )
    assert not Generation.objects.exists()


@pytest.mark.parametrize("path", ["/create/price/", "/create/history/", "/create/recent-prompts/"])
def test_each_address_takes_its_own_method(maker: Client, path: str) -> None:
    wrong = maker.get if path.endswith("price/") else maker.post
    assert wrong(path).status_code == 405
    assert maker.put(path).status_code == 405
    assert maker.delete("/create/").status_code == 405


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("model", {"modelId": "venice-sd35"}),
        ("count", {"n": "4"}),
        ("__all__", {"size": "512x512"}),
        pytest.param("prompt", {"prompt": ""}, id="nothing"),
        pytest.param("prompt", {"prompt": "\r\n \r\n"}, id="newlines only"),
        pytest.param("prompt", {"prompt": "\u200b"}, id="zero width"),
        pytest.param(
            "prompt", {"prompt": "x" * 1501, "model": "venice-sd35"}, id="longer than the model takes"
        ),
        pytest.param(
            "negative_prompt",
            {"negative_prompt": "x" * 7501, "model": "venice-sd35"},
            id="long negative prompt",
        ),
        pytest.param("seed", {"seed": "1.5"}, id="seed with a fraction"),
        pytest.param("seed", {"seed": "١٢٣"}, id="seed in other digits"),
        pytest.param("seed", {"seed": "1" + "0" * 30}, id="seed of thirty digits"),
        pytest.param("cfg_scale", {"cfg_scale": "nan"}, id="cfg that is no number"),
        pytest.param("width", {"width": "1023"}, id="width that does not divide"),
        pytest.param(
            "aspect_ratio", {"model": "qwen-image", "aspect_ratio": "16:9;DROP"}, id="ratio that is none"
        ),
        pytest.param("resolution", {"model": "nano-banana-2", "resolution": "4k"}, id="tier in lower case"),
        pytest.param("model", {"model": "nope"}, id="unknown model"),
        pytest.param("model", {"model": ""}, id="no model"),
        pytest.param("model", {"model": "x" * 10_000}, id="model of 10 kB"),
        pytest.param("__all__", {"submission": "garbled"}, id="submission"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(maker: Client, field: str, values: dict[str, str]) -> None:
    response = maker.post("/create/", GOOD | values)

    is_refused(response, field)


def test_the_values_are_kept(maker: Client) -> None:
    values = {"seed": "abc", "width": "512", "style_preset": "Film Noir", "format": "png", "variants": "3"}

    posted = GOOD | values | {"prompt": "<b>A & B</b>"}
    page = maker.post("/create/", posted)

    assert posted.items() <= sent_of(Page(page.content).one("form", id="create-form")).items()
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;</textarea>" in page.content.decode()


@pytest.mark.parametrize(
    "prompt",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{7*7}} {% debug %}",
        '<div hx-get="/admin/" hx-trigger="load" data-hx-post="/x" hx-on:load="x">',
        "</textarea><script>",
        "Zalgo" + "\u0335" * 300,
        "\u202egnorw\u2066",
    ],
)
def test_hostile_text_is_kept_verbatim_and_shown_inert(maker: Client, prompt: str) -> None:
    maker.post("/create/", GOOD | {"prompt": prompt})

    assert Generation.objects.get().request["prompt"] == prompt
    page = maker.get(f"/create/?use_prompt={Prompt.objects.get().pk}").content.decode()
    history = maker.get("/create/history/", headers={"HX-Request": "true"}).content.decode()
    for text in (page, history):
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert '<div hx-get="/admin/"' not in text
    assert Page(history).all("bdi", dir="auto", hx_disable="")


def test_control_characters_never_reach_the_row(maker: Client) -> None:
    maker.post("/create/", GOOD | {"prompt": "red\x1b[31m \x07sky\x9b"})

    assert Prompt.objects.get().text == "red[31m sky"


def test_a_full_length_prompt_fits_through_the_door(maker: Client) -> None:
    emoji = maker.post("/create/", GOOD | {"prompt": "😀" * 7500})
    lines = maker.post("/create/", GOOD | {"prompt": "ab\r\n" * 2499 + "end"})

    assert (emoji.status_code, lines.status_code) == (303, 303)


@pytest.mark.parametrize("broken", ["%FF%FE", "%ED%A0%80", "fine%FF"])
def test_broken_bytes_are_invalid_text(maker: Client, broken: str) -> None:
    response = maker.post("/create/", f"model=z-image-turbo&prompt={broken}", content_type=URLENCODED)

    is_refused(response, "prompt")
    assert "invalid text" in response.content.decode()


def test_another_encoding_or_another_kind_of_body_is_refused(maker: Client) -> None:
    body = "model=z-image-turbo&prompt=bridge"

    assert maker.post("/create/", body, content_type=f"{URLENCODED}; charset=utf-7").status_code == 400
    assert maker.post("/create/", '{"prompt": "x"}', content_type="application/json").status_code == 415
    assert maker.post("/create/", "<x/>", content_type="text/xml").status_code == 415
    assert not Generation.objects.exists()


def test_fields_that_the_model_does_not_take_are_ignored(maker: Client) -> None:
    both = {"width": "1280", "height": "1280", "negative_prompt": "fog", "steps": "999", "quality": "high"}

    assert (
        maker.post("/create/", GOOD | both | {"model": "qwen-image", "aspect_ratio": "16:9"}).status_code
        == 303
    )

    sent = Generation.objects.get().request
    assert sent.keys() & both.keys() == set()
    assert sent["aspect_ratio"] == "16:9"


def test_without_a_catalogue_the_page_says_why_it_cannot_generate(maker: Client) -> None:
    CatalogModel.objects.all().delete()

    page = maker.get("/create/")

    assert page.status_code == 200
    submit = Page(page.content).one("button", id="create-submit")
    assert "disabled" in submit
    assert submit["aria-describedby"] == "create-why-not"
    response = maker.post("/create/", GOOD)
    assert response.status_code == 422
    assert "There are no models yet" in response.content.decode()
    assert not Generation.objects.exists()


def test_unknown_fields_change_nothing(maker: Client, alice: User, bob: User) -> None:
    more = {
        "is_staff": "1",
        "owner": bob.pk,
        "state": "done",
        "price_estimate": "0",
        "id": "99",
    }

    maker.post("/create/", GOOD | more)

    generation = Generation.objects.get()
    alice.refresh_from_db()
    assert (generation.owner, generation.state, alice.is_staff) == (alice, "queued", False)
    assert generation.price_estimate
    assert generation.request.keys() & more.keys() == set()


def test_the_last_of_two_values_is_checked_and_used(maker: Client) -> None:
    maker.post("/create/", {"model": "chroma", "prompt": ["a", "b"], "seed": ["x", "5"]})

    sent = Generation.objects.get().request
    assert (sent["model"], sent["prompt"], sent["seed"]) == ("chroma", "b", 5)


def test_a_forged_post_is_refused(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    token = Page(browser.get("/create/").content).csrf_token

    assert browser.post("/create/", GOOD).status_code == 403
    assert browser.post("/create/", GOOD | {"csrfmiddlewaretoken": "x" * 64}).status_code == 403
    good = GOOD | {"csrfmiddlewaretoken": token}
    assert browser.post("/create/", good, headers={"Origin": "https://evil.example"}).status_code == 403
    assert not Generation.objects.exists()
    assert browser.post("/create/", good).status_code == 303


def test_a_repeated_submission_leads_to_the_first(maker: Client, settings: LazySettings) -> None:
    settings.SUBMISSIONS_PER_MINUTE = 1
    post = GOOD | {"submission": str(uuid.uuid4())}

    answers = [maker.post("/create/", post) for _ in range(3)]

    assert {(a.status_code, a["Location"]) for a in answers} == {
        (303, f"/generations/{Generation.objects.get().pk}/")
    }


@pytest.mark.parametrize(
    "asked",
    [
        {"seed": "7"},
        {"seed": "7", "count": "4", "price": "0.04"},
        {"seed": "5", "count": "2", "model": ["z-image-turbo", "venice-sd35"], "price": "0.04"},
        {"seed": "9", "prompt": "A {red|red|blue} bridge", "alternatives": "on", "price": "0.03"},
        {"count": "3", "price": "0.03"},
    ],
)
def test_the_same_form_is_a_repeat_whatever_seeds_are_drawn(
    maker: Client, asked: dict[str, str | list[str]]
) -> None:
    """Of several pictures only the first has the seed that was chosen."""
    post = GOOD | {"submission": str(uuid.uuid4())} | asked
    first = maker.post("/create/", post)
    count = Generation.objects.count()

    assert {maker.post("/create/", post)["Location"] for _ in range(3)} == {first["Location"]}
    assert (first.status_code, Generation.objects.count()) == (303, count)


@pytest.mark.parametrize("changed", [{"prompt": "A sunlit bridge"}, {"seed": "7"}, {"count": "2"}])
def test_what_was_changed_since_is_no_repeat(maker: Client, changed: dict[str, str]) -> None:
    """The answer was lost, or one has come back to the page: other words with the same form are asked for once more."""
    post = GOOD | {"submission": str(uuid.uuid4()), "price": "0.02", "seed": ""}
    maker.post("/create/", post)

    refused = maker.post("/create/", post | changed)

    first = Generation.objects.get()
    form = Page(refused.content).one("form", id="create-form")
    assert refused.status_code == 422
    assert f"for generation {first.pk}." in Page(refused.content).one(data_error_for="price").words
    again = sent_of(form)
    assert again["submission"] != post["submission"]
    assert maker.post("/create/", again).status_code == 303
    assert Generation.objects.count() == 1 + int(changed.get("count", "1"))
    # The first one's own repeat is that still.
    assert maker.post("/create/", post)["Location"] == f"/generations/{first.pk}/"


def test_the_line_gets_a_form_of_its_own_when_its_words_were_changed(maker: Client) -> None:
    post = GOOD | {"submission": str(uuid.uuid4()), "composer": "1", "count": "1"}
    htmx = {"HX-Request": "true"}
    maker.post("/create/", post, headers=htmx)

    refused = maker.post("/create/", post | {"prompt": "A sunlit bridge"}, headers=htmx)

    page = Page(refused.content)
    assert (refused.status_code, Generation.objects.count()) == (422, 1)
    assert page.one(data_error_for="price").words.startswith("Nothing was sent")
    fresh = page.one("input", id="create-submission")["value"]
    maker.post("/create/", post | {"prompt": "A sunlit bridge", "submission": fresh}, headers=htmx)
    assert Generation.objects.latest("id").prompt.text == "A sunlit bridge"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_one_form", [False, True], ids=["forty forms", "one form forty times"])
def test_the_pace_counts_what_is_posted_at_once(
    models_known: None, alice: User, settings: LazySettings, is_one_form: bool
) -> None:
    settings.SUBMISSIONS_PER_MINUTE = 1 if is_one_form else 5
    form = str(uuid.uuid4())

    def post(_: int) -> int:
        client = Client()
        client.force_login(alice)
        try:
            sent = GOOD | {"submission": form if is_one_form else str(uuid.uuid4())}
            return client.post("/create/", sent).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(40)))

    expected = {303: 40} if is_one_form else {303: 5, 429: 35}
    assert Counter(answers) == expected
    assert Generation.objects.count() == settings.SUBMISSIONS_PER_MINUTE


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\r\n", "\r", "\x0b", "\x0c", "\x85"])
def test_every_line_end_is_a_line_feed(maker: Client, end: str) -> None:
    maker.post("/create/", GOOD | {"prompt": f"A moonlit{end}bridge"})
    assert Prompt.objects.get().text == "A moonlit\nbridge"
    assert Generation.objects.get().request["prompt"] == "A moonlit\nbridge"


def test_a_submission_is_the_members_own(maker: Client, bob: User) -> None:
    post = GOOD | {"submission": str(uuid.uuid4())}
    maker.post("/create/", post)
    maker.force_login(bob)

    maker.post("/create/", post)

    assert Generation.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one(alice: User) -> None:
    post = GOOD | {"submission": str(uuid.uuid4())}

    def send(_: int) -> tuple[int, str]:
        browser = Client()
        browser.force_login(alice)
        try:
            answer = browser.post("/create/", post)
            return answer.status_code, answer["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(send, range(20)))

    assert answers == {(303, f"/generations/{Generation.objects.get().pk}/")}


def test_a_flood_of_fields_files_or_bytes_is_refused(maker: Client) -> None:
    fields = "&".join(f"f{n}=1" for n in range(1001))
    part = '--x\r\nContent-Disposition: form-data; name="f{0}"; filename="{0}"\r\n\r\nx\r\n'
    files = "".join(part.format(n) for n in range(101)) + "--x--\r\n"

    assert maker.post("/create/", fields, content_type=URLENCODED).status_code == 400
    assert maker.post("/create/", files, content_type="multipart/form-data; boundary=x").status_code == 400
    assert maker.post("/create/", "prompt=" + "x" * 3_000_000, content_type=URLENCODED).status_code in (
        400,
        413,
    )
    assert not Generation.objects.exists()


def test_a_broken_multipart_body_is_refused(maker: Client) -> None:
    cut = '--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nA bri'

    assert maker.post("/create/", cut, content_type="multipart/form-data").status_code == 400
    assert maker.post("/create/", cut, content_type="multipart/form-data; boundary=é").status_code == 400
    is_refused(maker.post("/create/", cut, content_type="multipart/form-data; boundary=x"), "model")


def test_too_many_within_a_minute_are_told_when_to_come_back(maker: Client, settings: LazySettings) -> None:
    settings.SUBMISSIONS_PER_MINUTE = 2
    for _ in range(2):
        assert maker.post("/create/", GOOD).status_code == 303

    # Without scripts as the last one, whose page leads back to the form.
    for headers in ({"HX-Request": "true"}, {}):
        response = maker.post("/create/", GOOD, headers=headers)
        assert response.status_code == 429
        seconds = int(response["Retry-After"])
        assert 1 <= seconds <= 60
        reason = Page(response.content).one(data_reason=None).words
        assert reason == f"More than 2 requests within a minute. Try again in {seconds} s."

    assert Generation.objects.count() == 2
    page = Page(response.content)
    (back,) = [link["href"] for link in page.all("a") if "what you typed" in link.words]
    form = Page(maker.get(back).content)
    assert form.one("textarea", id="id_prompt").text.strip() == GOOD["prompt"]
    assert "more than is taken within a minute" in form.words
    Generation.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert maker.post("/create/", GOOD).status_code == 303
