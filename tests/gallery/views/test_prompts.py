"""The prompt history: each prompt once, in four orders, whose and of which model; one prompt in full; two compared."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import search
from gallery.listing import prompt_rows, prompt_table
from gallery.listing.order import PROMPT_ORDERS
from gallery.models import Attempt, Generation, Image, Mark, Prompt, User
from gallery.models import prompt as prompt_models
from gallery.models.user import Sensitive
from tests.gallery.generations import MODEL, a_generation, a_picture, pictures
from tests.gallery.page import Page, shown

Get = Callable[..., Page]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def page(client: Client, alice: User) -> Get:
    client.force_login(alice)

    def get(address: str = "/prompts/", *, status: int = 200, **more: Any) -> Page:
        response = client.get(address, **more)
        assert response.status_code == status
        return Page(response.content)

    return get


def listed(page: Page) -> list[int]:
    return [int(each["data-prompt"]) for each in page.all("li", data_prompt=None)]


def facts(page: Page) -> list[str]:
    return [each.words for each in page.all("p", class_="facts")]


def link(page: Page, rel: str) -> str | None:
    return next((each["href"] for each in page.all("a", rel=rel)), None)


def named(page: Page, words: str) -> str:
    (found,) = (each["href"] for each in page.all("a") if each.words == words)
    return found


def prompt_of(picture: Image) -> Prompt:
    assert picture.prompt
    return picture.prompt


def charge(prompt: Prompt, price: str, *, emulated: bool = False) -> None:
    """As if each call for it had cost that much."""
    calls = Attempt.objects.filter(generation__prompt=prompt)
    calls.update(price=Decimal(price), emulated=emulated)
    Prompt.objects.recount()


def test_each_prompt_stands_once_newest_use_first(page: Get, alice: User, bob: User) -> None:
    dog = [*pictures(alice, "a dog", count=4), a_picture(bob, "a dog")]
    cat = a_picture(alice, "a cat")
    last = pictures(bob, "a dog", count=2)
    Generation.objects.filter(pk=last[0].generation_id).update(model="chroma")
    history = page()
    assert listed(history) == [dog[0].prompt_id, cat.prompt_id]
    (_, first), (_, second) = zip(history.all("li", data_prompt=None), facts(history), strict=True)
    assert first == "7 pictures · $0.03 pretend · alice, bob · today"
    assert second == "1 picture · $0.01 pretend · alice · today"
    assert facts(page("/prompts/?order=used"))[0].startswith("7 pictures · 3 uses · ")
    assert facts(page(f"/prompts/{cat.prompt_id}/"))[0].startswith("1 picture · 1 use · ")
    newest = sorted((picture.pk for picture in (*dog, *last)), reverse=True)
    assert shown(history) == [*newest[: prompt_rows.PICTURES], cat.pk]
    assert history.all("p", class_="models")[0].words == f"chroma, {MODEL}"
    assert f"/create/?use_prompt={dog[0].prompt_id}" in [each["href"] for each in history.all("a")]


@pytest.mark.parametrize(("emulated", "expected"), [(False, "$0.02"), (True, "$0.02 pretend")])
def test_spend_counts_what_was_charged(page: Get, alice: User, emulated: bool, expected: str) -> None:
    pictures(alice, count=2)
    charge(prompt_of(pictures(alice)[0]), "0.01", emulated=emulated)
    assert f" · {expected} · alice" in facts(page())[0]
    assert f" · {expected} · alice" in facts(page(f"/prompts/{Prompt.objects.get().pk}/"))[0]


def test_many_models_and_people_are_counted(page: Get, alice: User) -> None:
    for number in range(6):
        name = f"member{number}"
        used = a_picture(User.objects.create_user(name), "a dog").generation_id
        Generation.objects.filter(pk=used).update(model=f"model-{number}")
    history = page()
    assert history.one("p", class_="models").words == "model-0, model-1, model-2 and 3 more"
    assert "member0, member1, member2, member3 and 2 more" in facts(history)[0]


def test_what_was_asked_for_and_came_to_nothing_is_history_too(page: Get, alice: User) -> None:
    failed = a_generation(alice, "a unicorn", state="failed")
    history = page()
    assert listed(history) == [failed.prompt_id]
    assert "No pictures yet" in history.words
    assert listed(page("/prompts/?q=is:mine")) == [failed.prompt_id]


def test_it_moves_by_cursor_and_searches(page: Get, alice: User) -> None:
    for number in range(prompt_rows.PAGE + 2):
        a_generation(alice, f"prompt number {number}")
    newest = page()
    assert len(listed(newest)) == prompt_rows.PAGE
    rest = page(link(newest, "next"))
    assert len(listed(rest)) == 2
    assert link(rest, "prev") == "/prompts/"
    found = page("/prompts/?q=31")
    assert len(listed(found)) == 1
    assert found.one(data_found=None).words == "1"
    assert "No prompt matches" in page("/prompts/?q=zebra").words


@pytest.fixture
def ranked(alice: User, bob: User) -> dict[str, list[int]]:
    """Prompts of which neither count nor spend is unique; their ids in each order."""
    made = []
    for number in range(9):
        picture = a_picture(alice if number % 2 else bob, f"prompt {number}")
        for _ in range(number % 3):
            a_generation(alice, f"prompt {number}")
        prompt = prompt_of(picture)
        Mark.objects.rate(alice, [picture.pk], number % 4)
        charge(prompt, f"0.0{number % 4}", emulated=number == 7)
        made.append(prompt)
    rows = list(Prompt.objects.filter(pk__in=[prompt.pk for prompt in made]))
    keys = {
        "newest": lambda row: row.last_generation_id,
        "used": lambda row: (row.generation_count, row.last_generation_id),
        "rated": lambda row: (row.mean_rating or 0, row.last_generation_id),
        "price": lambda row: (row.spent, row.last_generation_id),
    }
    return {name: [row.pk for row in sorted(rows, key=key, reverse=True)] for name, key in keys.items()}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("order", ["newest", "used", "rated", "price"])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_each_order_has_pages_that_miss_and_repeat_nothing(
    page: Get, ranked: dict[str, list[int]], order: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_rows, "PAGE", size)
    address, forth, pages = f"/prompts/?order={order}", [], []
    while address:
        found = page(address)
        forth += listed(found)
        pages.append(listed(found))
        address = link(found, "next") or ""
    assert forth == ranked[order]
    back = link(found, "prev")
    while back:
        pages.pop()
        found = page(back)
        assert listed(found) == pages[-1]
        back = link(found, "prev")
    assert len(pages) == 1


@pytest.mark.parametrize("order", ["newest", "used", "rated", "price"])
def test_a_cursor_is_one_seek_in_the_index_of_its_order(db: None, order: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by the number of rows")
    chosen = PROMPT_ORDERS[order]
    rows = Prompt.objects.exclude(generation_count=0)
    cursor = (3,) * len(chosen.columns)
    expected = "last_generation_id<?" if order == "newest" else f"({','.join(chosen.columns)})<(?,?)"
    plan = chosen.sorted(chosen.after(rows, cursor, inclusive=True)).explain()
    assert expected in plan
    assert "TEMP B-TREE" not in plan
    assert expected.replace("<", ">") in chosen.backwards(chosen.until(rows, cursor)).explain()


def test_what_is_rated_best_stands_first_and_says_its_mean(page: Get, alice: User, bob: User) -> None:
    dog = [*pictures(alice, "a dog", count=4), *pictures(alice, "a dog", count=2)]
    cat, mouse = a_picture(bob, "a cat"), a_picture(bob, "a mouse")
    for member, picture, stars in (
        *((alice, dog[1], 4), (bob, dog[1], 5), (alice, dog[0], 5)),
        *((alice, cat, 4), (bob, mouse, 5), (alice, mouse, 1)),
    ):
        Mark.objects.rate(member, [picture.pk], stars)
    a_generation(alice, "a horse")
    history = page("/prompts/?order=rated")
    assert listed(history)[:3] == [dog[0].prompt_id, cat.prompt_id, mouse.prompt_id]
    # (4 + 5 + 5) / 3, 4 and (5 + 1) / 2; nothing for what nobody has rated.
    said = [each.partition(" · ")[2].partition(" · ")[0] for each in facts(history)]
    assert said[:3] == ["4.7 ★", "4 ★", "3 ★"]
    assert "★" not in facts(history)[3]
    # Two ratings of 4.5 are drawn less towards 3 than one of 5 is; then what is new.
    assert shown(history)[: prompt_rows.PICTURES] == [dog[n].pk for n in (1, 0, 5, 4)]

    Image.objects.trash([dog[1].pk], alice)
    assert shown(page("/prompts/?order=rated"))[:5] == [*(dog[n].pk for n in (0, 5, 4, 3)), cat.pk]


def test_pictures_that_a_member_hides_stand_first_nowhere(page: Get, alice: User) -> None:
    made = pictures(alice, count=3)
    Mark.objects.rate(alice, [made[0].pk], 5)
    Image.objects.set_sensitive([made[0].pk], alice, True)
    assert shown(page()) == [made[n].pk for n in (0, 2, 1)]
    alice.sensitive = Sensitive.HIDE
    alice.save()
    assert shown(page()) == [made[2].pk, made[1].pk]


def test_a_strip_is_sought_in_the_index_of_what_is_rated(alice: User) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by the number of rows")
    plan = prompt_rows._with_pictures(Prompt.objects.all(), alice).explain()
    assert plan.count("image_best_of_prompt (prompt_id=?)") == prompt_rows.PICTURES
    assert plan.count("image_of_prompt (prompt_id=?)") == prompt_rows.PICTURES
    assert "TEMP B-TREE" not in plan


def test_an_order_that_is_none_is_said(page: Get, ranked: dict[str, list[int]]) -> None:
    found = page("/prompts/?order=dearst")
    assert listed(found) == ranked["newest"]
    assert found.all(data_search_problem=None)
    assert listed(page("/prompts/?order=price&from=nonsense")) == ranked["price"]
    assert listed(page("/prompts/?order=price&from=9")) == ranked["price"]


def test_pretend_money_ranks_no_prompt(page: Get, alice: User) -> None:
    real, pretend = a_picture(alice, "a dog"), a_picture(alice, "a cat")
    charge(prompt_of(real), "0.01")
    charge(prompt_of(pretend), "5", emulated=True)
    assert listed(page("/prompts/?order=price")) == [real.prompt_id, pretend.prompt_id]


def test_links_write_the_language_and_keep_the_rest(
    page: Get, alice: User, bob: User, models_known: None
) -> None:
    mine, other = a_picture(alice, "a dog"), a_picture(bob, "a dog asleep")
    Generation.objects.filter(pk=other.generation_id).update(model="chroma")
    history = page("/prompts/?q=dog&order=used")
    assert listed(page(named(history, "Mine"))) == [mine.prompt_id]
    assert listed(page(named(history, "chroma"))) == [other.prompt_id]
    both = page(named(page(named(history, "chroma")), "Mine"))
    assert both.one("input", id="search")["value"] == "is:mine model:chroma dog"
    assert listed(both) == []
    assert [each.words for each in both.all("a", aria_current="true")] == ["Mine", "Most used", "chroma"]
    assert listed(page(named(page(named(both, "Any model")), "Team"))) == [other.prompt_id, mine.prompt_id]
    assert "Last used" in [each.words for each in page().all("a", aria_current="true")]
    # Only models that somebody has used.
    assert {each.words for each in history.all("a")} >= {"chroma", MODEL}
    assert "z-image-turbo" not in history.words


@pytest.mark.one_in(4)
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("by:bob", "ba"),
        ("by:me", "ca"),
        ("is:mine", "ca"),
        ("model:chroma", "b"),
        (f"model:{MODEL} by:alice", "ca"),
        ("model:chroma by:alice", ""),
        ("by:bob by:alice", ""),
        ("after:today", "cb"),
        ("before:today", "a"),
        ("on:yesterday", "a"),
        ("on:yesterday by:alice", "a"),
        ("steps:99", "c"),
        ("seed:8", "b"),
        ("seed:8 by:me", ""),
        ("is:mine -steps:>50", "a"),
        ("cat by:bob", "b"),
        ("size:1024x768", "b"),
        ("size:1024x768 by:bob", "b"),
        ("size:5x5", ""),
    ],
)
def test_operators_ask_for_one_use_that_is_as_all_of_them_say(
    page: Get, alice: User, bob: User, models_known: None, query: str, expected: str
) -> None:
    """Also where nothing came of it; what is of pictures alone asks for a picture."""
    yesterday = timezone.now() - timedelta(days=1)
    rows = [
        a_generation(alice, "a dog", created_at=yesterday, steps=20),
        a_generation(bob, "a dog", created_at=yesterday),
        a_picture(bob, "a cat", model="chroma").generation,
        a_generation(alice, "a mouse", steps=99, state="failed"),
    ]
    Image.objects.update(model="chroma", seed=8)
    letters = dict(zip((row.prompt_id for row in rows), "aabc", strict=True))
    found = page(f"/prompts/?q={query}")
    assert "".join(letters[pk] for pk in listed(found)) == expected
    assert not found.all(data_search_problem=None)


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "query",
    [
        "dog",
        "do",
        "dog -cat",
        '"dog asleep"',
        "-cat",
        "c++",
        "橘猫",
        "dog is:mine",
        "dog -model:chroma",
        "dog cat",
    ],
)
def test_many_are_walked_to_what_few_are_looked_up_by(
    page: Get, alice: User, bob: User, models_known: None, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = (
        "a dog",
        "dog asleep",
        "asleep, a dog",
        "dog and cat",
        "catdog",
        "a cat",
        "c++ dog",
        "坐着的橘猫",
        "DOG!",
        "doge",
    )
    for number, text in enumerate(texts):
        a_generation((alice, bob)[number % 2], text, model=("chroma", MODEL)[number % 3 == 0])
    address = f"/prompts/?q={quote(query)}&order=used"
    few = listed(page(address))
    assert few
    monkeypatch.setattr(prompt_models, "FEW_PROMPTS", 0)
    monkeypatch.setattr(prompt_models, "FEW_USES", 0)
    assert listed(page(address)) == few


def test_words_that_never_meet_let_no_database_walk_the_history(alice: User) -> None:
    for text in ("a cat", "a dog"):
        a_generation(alice, text)
    both, one = (Prompt.objects.walked(search.parse(text)) for text in ("cat dog", "cat"))
    with CaptureQueriesContext(connection) as seen:
        assert list(both) == []
    assert len(seen) == 0, "what was looked up is known"
    assert [prompt.text for prompt in one] == ["a cat"]


def test_what_cannot_be_searched_is_said(page: Get, alice: User) -> None:
    a_picture(alice, "a dog")
    found = page("/prompts/?q=dog+depth:5+colour:red")
    assert len(listed(found)) == 1
    assert len(found.all(data_search_problem=None)) == 2


def test_nothing_yet_leads_to_the_form(page: Get) -> None:
    assert "No prompts yet" in page().words


def test_a_prompts_page_has_its_whole_text_and_all_its_pictures(page: Get, alice: User) -> None:
    words = "a very long story " * 300
    made = pictures(alice, words, count=3)
    a_picture(alice, "another")
    found = page(f"/prompts/{made[0].prompt_id}/")
    assert found.one(id="prompt-text").words == words.strip()
    assert shown(found) == [picture.pk for picture in made[::-1]]
    assert f"/create/?use_prompt={made[0].prompt_id}" in [each["href"] for each in found.all("a")]


def test_each_picture_of_a_stack_stands_for_itself_on_its_prompts_page(page: Get, alice: User) -> None:
    made = pictures(alice, count=3)
    found = page(f"/prompts/{made[0].prompt_id}/")
    assert len(shown(found)) == 3
    assert not found.all("b", class_="badge")


def test_a_prompts_page_is_searched_and_sorted_as_the_gallery_is(page: Get, alice: User, bob: User) -> None:
    first, second = a_picture(alice, "a dog"), a_picture(bob, "a dog")
    a_picture(bob, "a cat")
    path = f"/prompts/{first.prompt_id}/"
    assert shown(page(f"{path}?q=by:bob")) == [second.pk]
    assert shown(page(f"{path}?order=oldest")) == [first.pk, second.pk]
    menu = {link.words: link["href"] for link in page(f"{path}?q=dog").one("ul", aria_label="Order").all("a")}
    assert list(menu) == ["Newest", "Oldest", "Best rated", "Dearest"]
    oldest = page(menu["Oldest"])
    assert shown(oldest) == [first.pk, second.pk]
    assert oldest.one("a", aria_current="true").words == "Oldest"
    assert (
        oldest.one("form", aria_label="Search its pictures").one("input", name="order")["value"] == "oldest"
    )
    found = page(f"{path}?q=by:bob+colour:red+-cat")
    assert shown(found) == [second.pk]
    assert found.one(data_found=None).words == "1"
    assert len(found.all(data_search_problem=None)) == 1
    assert found.one("input", id="search-here")["value"] == "by:bob colour:red -cat"
    assert found.one("input", id="search")["value"] == ""
    assert "None of its pictures matches" in page(f"{path}?q=zebra").words
    assert shown(page(f"{path}?q=by:bob", headers=HTMX)) == [second.pk]


def a_seeded(owner: User, model: str, seed: int, text: str = "a dog", **more: Any) -> Image:
    picture = a_picture(owner, text)
    Image.objects.filter(pk=picture.pk).update(model=model, seed=seed, **more)
    return picture


def table(page: Page) -> list[list[str]]:
    """The cells of each row: a picture's id, `+` for a hole with a form, `-` for one without."""
    rows: list[list[str]] = []
    for element in page.elements:
        if element.name == "tr":
            rows.append([])
        elif element.name == "th":
            rows[-1].append(element.words)
        elif element.name == "td":
            rows[-1].append(
                element.attributes.get("data-cell") or ("+" if "Nothing yet" in element.words else "-")
            )
    return rows


def test_pictures_lie_by_model_and_seed_and_a_hole_leads_to_its_form(
    page: Get, alice: User, models_known: None
) -> None:
    one = a_seeded(alice, "chroma", 7)
    again = a_seeded(alice, "chroma", 7, style_preset="Anime")
    two = a_seeded(alice, MODEL, 8)
    gone = a_seeded(alice, "retired-model", 8)
    a_seeded(alice, "chroma", 9, "a cat")
    found = page(f"/prompts/{one.prompt_id}/")
    assert table(found) == [
        ["Model", "Seed 8", "Seed 7"],
        ["chroma", "+", str(again.pk)],
        ["retired-model", str(gone.pk), "-"],
        [MODEL, str(two.pk), "+"],
    ]
    assert "1 older" in found.words
    assert [each["scope"] for each in found.all("th")] == ["col"] * 3 + ["row"] * 3
    assert "Pictures without a seed" not in found.words

    _, hole = (each["href"] for each in found.all("a") if "Nothing yet" in each.words)
    form = page(hole)
    assert form.one("input", name="seed")["value"] == "7"
    assert form.one("textarea", name="prompt").words == "a dog"
    (model,) = (each for each in form.all("option", selected=None) if each["value"] == MODEL)
    assert model
    assert "style_preset=Anime" in hole
    assert form.one("input", name="image", type="hidden")["value"] == str(again.pk)


def test_what_follows_no_seed_has_no_place_in_the_table(page: Get, alice: User) -> None:
    first, _ = pictures(alice, "a dog", count=2)
    found = page(f"/prompts/{first.prompt_id}/")
    assert table(found)[1:] == [[MODEL, str(first.pk)]]
    assert "Pictures without a seed of their own" in found.words
    Image.objects.update(seed=None)
    assert table(page(f"/prompts/{first.prompt_id}/")) == []


def test_the_newest_seeds_stand_first_and_the_others_follow_once_each(
    page: Get, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_table, "SEEDS", 3)
    made = [a_seeded(alice, MODEL, seed) for seed in (1, 2, 3, 4, 5, 6, 7, 1)]
    path = f"/prompts/{made[0].prompt_id}/"
    columns, found = [], page(path)
    while True:
        columns.append([int(cell.removeprefix("Seed ")) for cell in table(found)[0][1:]])
        if "Earlier seeds" not in found.words:
            break
        found = page(named(found, "Earlier seeds"))
    assert columns == [[1, 7, 6], [5, 4, 3], [2]]
    assert table(page(named(found, "The latest seeds")))[0][1] == "Seed 1"
    for odd in ("x", "0", "-1", "9" * 30):
        page(f"{path}?seeds={odd}")


def test_two_prompts_are_compared_word_by_word(page: Get, alice: User) -> None:
    old = prompt_of(a_picture(alice, "a red cat on a <b>wall</b>"))
    new = prompt_of(a_picture(alice, "a blue cat on a <b>wall</b>, at night"))
    a_generation(alice, "a third one")
    found = page(f"/prompts/compare/?a={old.pk}&b={new.pk}")
    text = found.one("p", class_="prose difference")
    assert text.words == "a red blue cat on a <b>wall</b>, at night"
    assert [each.words for each in found.all("del")] == ["Removed", "red"]
    assert [each.words for each in found.all("ins")] == ["Added", "blue", ", at night"]
    assert [each["data-side"] for each in found.all(data_side=None)] == [str(old.pk), str(new.pk)]
    swapped = page(f"/prompts/compare/{named(found, 'The other way round')}")
    assert [each.words for each in swapped.all("del")] == ["Removed", "blue", ", at night"]
    assert "one and the same" in page(f"/prompts/compare/?a={old.pk}&b={old.pk}").words


def test_a_list_sends_the_two_that_are_marked(page: Get, client: Client, alice: User) -> None:
    marked = [prompt_of(a_picture(alice, text)).pk for text in ("a dog", "a cat", "a mouse")]
    history = page()
    form = history.one("form", id="compare")
    boxes = history.all("input", type="checkbox", name="prompt", form="compare")
    assert [int(box["value"]) for box in boxes] == marked[::-1]
    answer = client.get(form["action"], {"prompt": [marked[2], marked[0]]})
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        f"/prompts/compare/?a={marked[0]}&b={marked[2]}",
    )
    for numbers, words in ((marked, "3 are chosen"), (marked[:1], "1 is chosen"), ([], "Mark two")):
        asked = client.get(form["action"], {"prompt": numbers})
        assert words in Page(asked.content).words


@pytest.mark.parametrize("address", ["?a=1&b=999999", "?a=999999&b=1", "?a=0&b=0", f"?a=1&b={9**40}"])
def test_what_is_no_prompt_cannot_be_compared(page: Get, alice: User, address: str) -> None:
    a_picture(alice, "a dog")
    expected = 200 if "9" * 5 not in address and "0" not in address else 404
    page(f"/prompts/compare/{address}", status=200 if len(address) > 40 else expected)


def test_a_prompt_is_compared_with_what_its_maker_asked_for_before(page: Get, alice: User, bob: User) -> None:
    first = prompt_of(a_picture(alice, "a cat"))
    a_picture(bob, "a mouse")
    second = prompt_of(a_picture(alice, "a black cat"))
    a_picture(bob, "a cat")
    a_picture(alice, "a cat")
    found = page(f"/prompts/{second.pk}/")
    address = named(found, "Compare with the one before")
    assert address == f"/prompts/compare/?a={first.pk}&b={second.pk}"
    assert [each.words for each in page(address).all("ins")] == ["Added", "black"]
    assert "Compare with" not in page(f"/prompts/{first.pk}/").words


@pytest.mark.parametrize(
    "address", ["/prompts/", "/prompts/?order=price&q=is:mine+dog", "/prompts/{}/", "/prompts/{}/?q=dog"]
)
def test_queries_do_not_grow_with_rows(client: Client, alice: User, address: str, models_known: None) -> None:
    client.force_login(alice)
    first = a_seeded(alice, MODEL, 1)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get(address.format(first.prompt_id)).status_code == 200
        return len(caught)

    a_picture(alice, "a dog asleep")
    queries()
    few = queries()
    for number in range(24):
        a_seeded(alice, ("chroma", MODEL)[number % 2], number)
        a_picture(alice, f"dog {number}")
    assert queries() == few
    assert few <= 17
