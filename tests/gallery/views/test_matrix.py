"""The matrix: what it would make is seen before it costs; each button buys what it says, once, at its price."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Batch, Generation, Image, Mark, User
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.generations import ABLE, a_picture, take_off_the_list
from tests.gallery.page import Element, Page
from tests.gallery.paid_form import sent_of

pytestmark = pytest.mark.usefixtures("models_known")

ASKED = {
    "prompt": "fog over a canal",
    "model": "z-image-turbo",
    "width": "128",
    "height": "128",
    "axis-seed": "1..3",
    "axis-cfg_scale": "5, 7",
}
PRICE = Decimal("0.01")


def shown(maker: Client, **more: str) -> Page:
    answer = maker.post("/create/matrix/", ASKED | {"preview": "1"} | more)
    assert answer.status_code == 200
    return Page(answer.content)


def sent(page: Page, button: Element) -> dict[str, str]:
    """What a browser sends when `button` is pressed: what was asked, and the hidden fields of the page."""
    price = page.one("input", name="price", form="matrix-form")["value"]
    return sent_of(page.one("form", id="matrix-form")) | {"price": price, "buy": button["value"]}


def buttons(page: Page, start: str = "") -> list[Element]:
    return [each for each in page.all("button", name="buy") if each["value"].startswith(start)]


def as_table(maker: Client, answer: Any) -> str:
    """The address of the matrix, to which `answer` leads; there and back to its click goes a link."""
    assert answer.status_code == 303
    address = str(answer["Location"])
    (click,) = Page(maker.get(address).content).values("href", "/batches/")
    assert Page(maker.get(click).content).values("href", "/matrices/") == [address]
    return address


def queued() -> list[tuple[int, float]]:
    rows = Generation.objects.queued().order_by("id").values_list("seed", "cfg_scale")
    return [(seed or 0, cfg or 0.0) for seed, cfg in rows]


def test_it_is_seen_before_it_costs(maker: Client) -> None:
    page = shown(maker)

    assert [each.words for each in page.all("th", scope="col")] == ["1", "2", "3"]
    assert [each.words.split()[0] for each in page.all("th", scope="row")] == ["5", "7"]
    assert len(buttons(page, "cell-")) == 6
    assert [each.words for each in buttons(page, "row-")] == [
        "Row · $0.03 for CFG scale 5",
        "Row · $0.03 for CFG scale 7",
    ]
    (everything,) = buttons(page, "all")
    assert everything.words == "Make all 6 · $0.06"
    assert everything["value"] == "all:0.06"
    assert not Generation.objects.exists()


def test_enter_in_a_field_looks_at_it(maker: Client) -> None:
    """A browser presses the first button of a form."""
    page = Page(maker.get("/create/matrix/?prompt=A+bridge&image=1&axis-seed=1..3").content)
    first = page.one("form", id="matrix-form").all("button")[0]
    assert (first["name"], first["formaction"]) == ("preview", "/create/matrix/#matrix-shown")
    assert "Start afresh" not in page.words


def test_a_choice_in_braces_becomes_the_words_that_vary(maker: Client) -> None:
    page = shown(maker, prompt="a harbour at {dawn|noon|dusk}", alternatives="on")
    assert page.one("input", name="axis-prompt")["value"] == "dawn | noon | dusk"
    assert page.one("textarea", name="prompt").text.strip() == "a harbour at dawn"
    page = shown(maker, prompt=r"a \{ harbour", alternatives="on")
    assert page.one("textarea", name="prompt").text.strip() == "a { harbour"


def test_braces_that_a_matrix_cannot_read_are_not_bought(maker: Client) -> None:
    prompt = "a {red|blue} harbour at {dawn|noon}"
    answer = maker.post("/create/matrix/", ASKED | {"preview": "1", "prompt": prompt, "alternatives": "on"})
    assert answer.status_code == 422
    page = Page(answer.content)
    assert "send these braces as they stand" in page.text
    assert not buttons(page)
    # The same form once more, and with words of its own: the braces are no more sent than before.
    for more in ({}, {"axis-prompt": "harbour | port"}):
        again = sent_of(page.one("form", id="matrix-form")) | more | {"buy": "all"}
        assert maker.post("/create/matrix/", again).status_code == 422
    assert not Generation.objects.exists()


def test_what_a_matrix_does_not_take_along_is_said(maker: Client) -> None:
    page = shown(maker, prompt="a harbour at {dawn|noon}", alternatives="on", count="20")
    told = [each.words for each in page.all(data_told=None)]
    assert len(told) == 2
    assert "the count of 20 is left out" in told[0]
    assert "words in braces are what varies" in told[1]
    # It is said once.
    assert not shown(maker, **sent_of(page.one("form", id="matrix-form"))).all(data_told=None)
    assert not shown(maker, count="1").all(data_told=None)


def test_a_model_that_is_gone_is_named(maker: Client) -> None:
    take_off_the_list("venice-sd35")
    page = Page(maker.get("/create/matrix/?model=venice-sd35&prompt=A+bridge&aspect_ratio=16:9").content)
    words = page.one("span", class_="create-left-out").words
    assert "Model venice-sd35" in words
    assert "Prompt" not in words
    there = Page(maker.get("/create/matrix/?model=chroma&prompt=A+bridge").content)
    assert not there.all("span", class_="create-left-out")


@pytest.mark.parametrize("axis", [{"model": "venice-sd35"}, {"axis-model": "chroma\nvenice-sd35"}])
def test_a_model_that_was_withdrawn_meanwhile_is_named_where_it_stands(
    maker: Client, axis: dict[str, str]
) -> None:
    take_off_the_list("venice-sd35")
    answer = maker.post("/create/matrix/", ASKED | axis | {"buy": "all"})
    assert answer.status_code == 422
    page = Page(answer.content)
    (where,) = axis
    assert page.one(data_error_for=where).words.startswith("Model Venice SD35 is no longer offered.")
    assert page.one("textarea", name="prompt").text.strip() == ASKED["prompt"]
    assert not Generation.objects.exists()


def test_without_a_model_it_is_the_default_that_is_looked_at(maker: Client) -> None:
    asked = {name: value for name, value in ASKED.items() if name != "model"}
    page = Page(maker.get("/create/matrix/", asked).content)
    assert "not offered" not in page.words
    assert len(buttons(page, "cell-")) == 6
    # What is bought is named.
    assert maker.post("/create/matrix/", asked | {"buy": "all"}).status_code == 422
    assert not Generation.objects.exists()


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("all", [(1, 5), (2, 5), (3, 5), (1, 7), (2, 7), (3, 7)]),
        ("row-0-1", [(1, 7), (2, 7), (3, 7)]),
        ("cell-4", [(2, 7)]),
    ],
)
def test_a_button_buys_what_it_says_once(maker: Client, part: str, expected: list[tuple[int, int]]) -> None:
    page = shown(maker)
    (button,) = buttons(page, f"{part}:")
    form = sent(page, button)

    first = maker.post("/create/matrix/", form)
    batch = Batch.objects.get()
    assert (first.status_code, first["Location"]) == (303, f"/matrices/{batch.pk}/")
    assert queued() == expected
    assert (batch.kind, batch.title) == ("matrix", "Seed × CFG scale")
    assert batch.price == PRICE * len(expected)
    assert (batch.axes["seed"], batch.axes["cfg_scale"]) == ([1, 2, 3], [5, 7])
    assert maker.post("/create/matrix/", form)["Location"] == first["Location"]
    assert Batch.objects.count() == 1


def test_two_buttons_of_one_page_are_two_purchases(maker: Client) -> None:
    page = shown(maker)
    for part in ("row-0-0", "row-0-1"):
        (button,) = buttons(page, f"{part}:")
        assert maker.post("/create/matrix/", sent(page, button)).status_code == 303
    assert len(queued()) == 6
    # What is on its way is not bought again by the page of before.
    answer = maker.post("/create/matrix/", sent(page, buttons(page, "all")[0]))
    assert answer.status_code == 422
    assert "nothing to buy" in Page(answer.content).one(data_error_for="__all__").words
    assert len(queued()) == 6


def test_what_exists_is_shown_and_free(maker: Client, worker_process: WorkerProcess) -> None:
    page = shown(maker)
    maker.post("/create/matrix/", sent(page, buttons(page, "cell-1:")[0]))
    while worker_process.step():
        pass
    picture = Image.objects.get()

    page = shown(maker)
    assert page.one("td", data_cell=str(picture.pk)).values("href") == [f"/images/{picture.pk}/"]
    assert buttons(page, "all")[0].words == "Make all 5 · $0.05"
    assert len(buttons(page, "cell-")) == 5


def test_more_than_the_button_said_is_not_spent(maker: Client) -> None:
    page = shown(maker)
    form = sent(page, buttons(page, "all")[0])
    answer = maker.post("/create/matrix/", form | {"buy": "all:0.01"})
    assert answer.status_code == 422
    assert "$0.06" in Page(answer.content).one(data_error_for="price").words
    assert not Generation.objects.exists()


def test_a_style_reference_whose_file_is_lost_is_told_and_nothing_is_bought(
    maker: Client, alice: User
) -> None:
    followed = a_picture(alice, content=b"followed")
    page = shown(maker, model=ABLE, style_reference=str(followed.pk), **{"axis-cfg_scale": ""})
    form = sent(page, buttons(page, "all")[0]) | {"style_reference": str(followed.pk)}
    default_storage.delete(followed.name)
    answer = maker.post("/create/matrix/", form)
    assert answer.status_code == 422
    told = Page(answer.content).one(data_error_for="style_reference").words
    assert told == f"A picture that this starts from is lost: {followed.name} is missing. Nothing was sent."
    assert not Generation.objects.queued().exists()


def test_what_was_changed_after_it_was_drawn_is_looked_at_again(maker: Client) -> None:
    page = shown(maker)
    form = sent(page, buttons(page, "cell-1:")[0])
    answer = maker.post("/create/matrix/", form | {"axis-seed": "11..13"})
    assert answer.status_code == 422
    assert "changed after this was drawn" in Page(answer.content).one(data_error_for="__all__").words
    assert not Generation.objects.exists()


def test_a_script_needs_no_preview(maker: Client) -> None:
    assert maker.post("/create/matrix/", ASKED | {"buy": "all"}).status_code == 303
    assert len(queued()) == 6


def test_a_seed_that_nobody_chose_is_the_same_in_all(maker: Client) -> None:
    page = shown(maker, **{"axis-seed": ""})
    seed = page.one("input", name="seed")["value"]
    answer = maker.post("/create/matrix/", ASKED | {"axis-seed": "", "seed": seed, "buy": "all"})
    assert answer.status_code == 303
    assert {each for each, _ in queued()} == {int(seed)}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"axis-seed": "1..x"}, "axis-seed"),
        ({"axis-seed": "1..99999"}, "axis-seed"),
        ({"axis-cfg_scale": "99"}, "axis-cfg_scale"),
        ({"axis-steps": "10, 20"}, "axis-steps"),
        ({"axis-style_preset": "Anyme"}, "axis-style_preset"),
        ({"axis-model": "nothing"}, "axis-model"),
        ({"axis-size": "0x0"}, "axis-size"),
        ({"axis-prompt": "mist | rain"}, "axis-prompt"),
        ({"prompt": "fog", "axis-prompt": "fog || rain"}, "axis-prompt"),
        ({"axis-style_preset": "Anime, none", "axis-size": "1:1, 16:9"}, "__all__"),
        ({"axis-seed": "1..400"}, "__all__"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "\x00"}, "prompt"),
        ({"model": "nothing"}, "model"),
        ({"width": "1"}, "width"),
        ({"axis-seed": "1\x00"}, "axis-seed"),
        ({"buy": "row-9-9"}, "__all__"),
        ({"buy": "cell-999"}, "__all__"),
        ({"buy": "all:x"}, "__all__"),
        ({"buy": "everything"}, "__all__"),
        ({"buy": "all:0.0000001"}, "price"),
        ({"price": "0.05"}, "price"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(maker: Client, more: dict[str, str], field: str) -> None:
    answer = maker.post("/create/matrix/", ASKED | {"buy": "all"} | more)
    assert answer.status_code == 422
    assert field in Page(answer.content).values("data-error-for")
    assert not Generation.objects.exists()
    assert not Batch.objects.exists()


def test_cells_that_cannot_be_asked_for_say_why_in_place_of_being_there(maker: Client) -> None:
    asked = {"model": "z-image-turbo", "prompt": "fog", "axis-size": "777x333", "buy": "all"}
    answer = maker.post("/create/matrix/", asked)
    assert answer.status_code == 422
    words = Page(answer.content).one(data_error_for="__all__").words
    assert words.startswith("What of that is not there cannot be asked for: ")
    assert "multiple" in words
    assert "already" not in words


def test_a_garbled_submission_spends_nothing(maker: Client) -> None:
    assert maker.post("/create/matrix/", ASKED | {"buy": "all", "submission": "x"}).status_code == 400
    assert not Batch.objects.exists()


def test_one_click_has_a_limit(maker: Client, settings: LazySettings) -> None:
    settings.MAX_PICTURES_PER_CLICK = 6
    assert "disabled" not in buttons(shown(maker), "all")[0]
    settings.MAX_PICTURES_PER_CLICK = 5
    page = shown(maker)
    (everything,) = buttons(page, "all")
    assert "disabled" in everything
    answer = maker.post("/create/matrix/", sent(page, everything))
    assert answer.status_code == 422
    assert "Buy a row" in Page(answer.content).one(data_error_for="count").words
    assert maker.post("/create/matrix/", sent(page, buttons(page, "row-0-0")[0])).status_code == 303


def test_three_axes_have_pages(maker: Client) -> None:
    page = shown(maker, **{"axis-prompt": "fog | rain"})
    assert [each.words.split(" Make")[0] for each in page.all("h3")] == ["Words fog", "Words rain"]
    assert len(buttons(page, "page-")) == 2
    answer = maker.post("/create/matrix/", ASKED | {"axis-prompt": "fog | rain", "buy": "page-1"})
    assert answer.status_code == 303
    assert set(Generation.objects.values_list("prompt__text", flat=True)) == {"rain over a canal"}
    address = as_table(maker, answer)
    page = Page(maker.get(f"{address}?page=1").content)
    assert len(page.all("td", data_state="queued")) == 6
    assert not Page(maker.get(address).content).all("td", data_state="queued")


def test_it_can_be_filled_by_an_address(maker: Client, alice: User) -> None:
    page = Page(maker.get("/create/matrix/", ASKED).content)
    assert len(buttons(page, "cell-")) == 6
    picture = a_picture(alice, "a heron")
    page = Page(maker.get(f"/create/matrix/?image={picture.pk}&axis-seed=7..9").content)
    assert page.one("textarea", name="prompt").words == "a heron"
    assert len(page.all("td", data_cell=str(picture.pk))) == 1
    page = Page(maker.get("/create/matrix/").content)
    assert not buttons(page)
    assert not page.values("data-error-for")


def test_random_seeds_are_drawn_before_they_are_bought(maker: Client) -> None:
    page = shown(maker, **{"axis-seed": "random 3"})
    drawn = page.one("input", name="axis-seed")["value"].split(", ")
    assert len(set(drawn)) == 3
    assert [each.words for each in page.all("th", scope="col")] == drawn


def test_of_random_seeds_no_more_are_drawn_than_have_a_place(maker: Client) -> None:
    answer = maker.post("/create/matrix/", ASKED | {"axis-seed": "random 400, " * 50, "axis-cfg_scale": ""})
    drawn = Page(answer.content).one("input", name="axis-seed")["value"].replace(",", " ").split()
    assert len(drawn) == 500


def test_words_that_make_a_prompt_too_long_are_refused_before_it_is_written(maker: Client) -> None:
    asked = {"prompt": "a" * 1_000, "axis-seed": "", "axis-cfg_scale": "", "axis-prompt": "a|" + "b" * 1_000}
    answer = maker.post("/create/matrix/", ASKED | asked)
    assert answer.status_code == 422
    assert "the prompt has more than 32,768 characters" in Page(answer.content).words


def test_of_what_is_sent_beside_a_matrix_only_its_references_are_kept(maker: Client) -> None:
    junk = {"style_strength-\0": "1", "style_strength-9": "x" * 10_000, "style_reference": "5\0"}
    as_table(maker, maker.post("/create/matrix/", ASKED | {"buy": "all"} | junk))
    assert Batch.objects.get().axes["references"] == {"style_reference": ["5"]}


def test_what_has_come_of_it(maker: Client, bob: User, worker_process: WorkerProcess) -> None:
    address = as_table(maker, maker.post("/create/matrix/", ASKED | {"buy": "all"}))
    page = Page(maker.get(address).content)
    assert len(page.all("td", data_state="queued")) == 6
    poll = page.one(id="matrix-result")["hx-get"]
    # Without scripts it looks again by itself.
    assert page.one("noscript").one("meta")["http-equiv"] == "refresh"
    htmx = {"HX-Request": "true"}
    assert maker.get(poll, headers=htmx).status_code == 204

    while worker_process.step():
        pass
    answer = maker.get(poll, headers=htmx)
    assert answer.status_code == 200
    page = Page(answer.content)
    pictures = list(Image.objects.order_by("generation__position"))
    assert [each["data-cell"] for each in page.all("td", data_cell=None)] == [
        str(each.pk) for each in pictures
    ]
    assert page.all("img")[4]["alt"] == "7, 2"
    assert "hx-get" not in page.one(id="matrix-result")
    # Everybody of the team may look; what is thrown away is told.
    Image.objects.trash([pictures[0].pk], bob)
    maker.force_login(bob)
    page = Page(maker.get(address).content)
    assert len(page.all("td", data_cell=None)) == 5
    assert "in the trash" in page.words


def test_from_what_has_come_of_it_one_sees_what_is_missing(maker: Client) -> None:
    more = {"axis-prompt": "fog | rain", "axis-style_preset": "none, Anime", "axis-cfg_scale": ""}
    address = as_table(maker, maker.post("/create/matrix/", ASKED | more | {"buy": "row-0-0"}))
    page = Page(maker.get(address).content)
    (again,) = [each for each in page.values("href", "/create/matrix/") if "matrix=" in each]
    page = Page(maker.get(again).content)
    assert len(buttons(page, "cell-")) == 9
    assert page.one("input", name="axis-prompt")["value"] == "fog | rain"


def test_a_whole_matrix_offers_nothing_more_and_shows_what_one_thinks_of_its_pictures(
    maker: Client, alice: User, worker_process: WorkerProcess
) -> None:
    few = {"axis-seed": "1, 2", "axis-cfg_scale": ""}
    address = as_table(maker, maker.post("/create/matrix/", ASKED | few | {"buy": "all"}))
    # All of it is on its way.
    assert Page(maker.get(address).content).values("href", "/create/matrix/?matrix=") == []
    while worker_process.step():
        pass
    first, second = Image.objects.order_by("pk")
    Mark.objects.set_favourite(alice, [first.pk], True)
    Mark.objects.rate(alice, [first.pk], 4)
    page = Page(maker.get(address).content)
    assert page.values("href", "/create/matrix/?matrix=") == []
    assert page.one("table").has("class", "of-2")
    tiles = {each["data-image"]: each for each in page.all("a", class_="tile")}
    own = tiles[str(first.pk)]
    assert (own["data-favourite"], own["data-rating"]) == ("true", "4")
    assert "data-favourite" not in tiles[str(second.pk)]
    history = Page(maker.get(f"/prompts/{first.prompt_id}/matrix/").content)
    assert history.one("a", data_image=str(first.pk))["data-rating"] == "4"
    assert "a price makes what is missing" not in history.words
    Image.objects.trash([second.pk], alice)
    assert Page(maker.get(address).content).values("href", "/create/matrix/?matrix=")


@pytest.mark.parametrize(
    ("width", "height", "small", "large"),
    [(1024, 768, 256, 512), (300, 200, 256, 300), (200, 301, 170, 200), (128, 128, None, None)],
)
def test_a_source_of_a_cell_is_as_wide_as_its_file(
    maker: Client, worker_process: WorkerProcess, width: int, height: int, small: int, large: int
) -> None:
    few = {"axis-seed": "1", "axis-cfg_scale": "5, 7"}
    address = as_table(maker, maker.post("/create/matrix/", ASKED | few | {"buy": "all"}))
    while worker_process.step():
        pass
    Image.objects.update(width=width, height=height)
    for image in Image.objects.all():
        tile = Page(maker.get(address).content).one("a", data_image=str(image.pk)).one("img")
        assert tile["src"] == image.thumbnail_256
        sources = " ".join(tile["srcset"].split()) if small else tile.attributes.get("srcset")
        two = f"{image.thumbnail_256} {small}w, {image.thumbnail_512} {large}w"
        assert sources == (two if small else None)


def test_other_batches_are_no_matrix(maker: Client, alice: User) -> None:
    a_picture(alice)
    assert maker.get(f"/matrices/{Batch.objects.get().pk}/").status_code == 404
    assert maker.get("/matrices/999999999999999999999/").status_code == 404


def counted(ask: Callable[[], Any]) -> tuple[int, Any]:
    """How many queries that took, but for the rows that are written in portions; and what came of it."""
    with CaptureQueriesContext(connection) as queries:
        answer = ask()
    return sum("INSERT" not in each["sql"] for each in queries.captured_queries), answer


def test_its_queries_do_not_grow(maker: Client, settings: LazySettings) -> None:
    settings.MAX_PICTURES_PER_CLICK = 500
    few = {"axis-seed": "1, 2", "axis-cfg_scale": "5"}
    maker.post("/create/matrix/", ASKED | {"buy": "cell-0"})
    counts = []
    for asked in (few, {"axis-seed": "1..40", "axis-cfg_scale": "1..10"}):
        seen, _ = counted(lambda: maker.get("/create/matrix/", ASKED | asked))  # noqa: B023 - called at once
        bought, answer = counted(lambda: maker.post("/create/matrix/", ASKED | asked | {"buy": "all"}))  # noqa: B023
        address = as_table(maker, answer)
        looked_at, _ = counted(lambda: maker.get(address))  # noqa: B023
        counts.append((seen, bought, looked_at))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_twenty_posts_at_once_are_one_purchase(alice: User, models_known: None) -> None:
    form = ASKED | {"buy": "all:0.06", "submission": str(uuid.uuid4())}

    def post(_: int) -> str:
        client = Client()
        client.force_login(alice)
        try:
            answer: Any = client.post("/create/matrix/", form)
            return f"{answer.status_code} {answer['Location']}"
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(post, range(20)))
    assert answers == {f"303 /matrices/{Batch.objects.get().pk}/"}
    assert Generation.objects.count() == 6


def test_a_form_that_was_changed_since_buys_what_it_says_now(maker: Client) -> None:
    """One has come back to the page, which has its old name."""
    form = ASKED | {"buy": "all:1", "submission": str(uuid.uuid4())}
    first = maker.post("/create/matrix/", form)
    changed = form | {"axis-seed": "91, 92"}

    second, repeat = (maker.post("/create/matrix/", changed) for _ in range(2))

    assert second["Location"] == repeat["Location"] != first["Location"]
    assert set(Batch.objects.latest("id").members.values_list("seed", flat=True)) == {91, 92}
    assert maker.post("/create/matrix/", form)["Location"] == first["Location"]
