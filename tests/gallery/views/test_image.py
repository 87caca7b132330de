"""A picture's page: its actions, its request, its neighbours, its original."""

import uuid
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from gallery.display import details
from gallery.models import Generation, State, User
from tests.gallery.generations import a_follower, a_generation, a_picture, pictures
from tests.gallery.page import Page

pytestmark = pytest.mark.usefixtures("models_known")
HTMX = {"HX-Request": "true"}


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_it_tells_all_about_its_request(client: Client, alice: User, bob: User) -> None:
    picture = a_picture(
        alice, "a quiet canal", queue_ms=31, preprocessing_ms=22, inference_ms=1840, negative_prompt="blur"
    )
    client.force_login(bob)
    page = text(client, f"/images/{picture.pk}/")
    assert page.count(f'data-image="{picture.pk}"') == 1
    assert picture.media_url in page
    for action in (
        "rerun-same-seed",
        "rerun-new-seed",
        "use-prompt",
        "use-seed",
        "use-size",
        "use-all",
        "remix",
    ):
        assert action in Page(page).values("data-action")
    assert f"/images/{picture.pk}/original" in [each["href"] for each in Page(page).all(data_original="")]
    assert "a quiet canal" in page
    assert "blur" in page
    assert "1.8 s" in page
    assert "31 ms" in page
    assert "Re-run new seed · $" in page
    assert not Page(page).all(style=None)
    assert f"/create/?image={picture.pk}&amp;use=remix" in page


@pytest.mark.parametrize(
    ("facts", "badges", "moderation"),
    [
        ({}, [], "not told"),
        ({"is_blurred": False, "is_content_violation": False}, [], "none"),
        ({"is_blurred": True}, ["blurred"], "blurred by Venice"),
        ({"is_content_violation": True}, ["moderated"], "moderated by Venice"),
        ({"is_blurred": True, "is_content_violation": True}, ["moderated"], "moderated by Venice"),
    ],
)
def test_it_tells_what_was_moderated_from_what_is_blurred(
    client: Client, alice: User, facts: dict[str, bool], badges: list[str], moderation: str
) -> None:
    """Its card and the history of its generation too."""
    picture = a_picture(alice, **facts)
    client.force_login(alice)
    page, card = (
        Page(text(client, address)).one("main")
        for address in (f"/images/{picture.pk}/", f"/generations/{picture.generation_id}/")
    )

    for each in (page, card):
        marks = [badge.words for badge in each.all("b", class_="badge mark") if "hidden" not in badge]
        assert marks == badges
    (row,) = [row for row in page.all("div") if row.words.startswith("Moderation ")]
    assert row.one("dd").words == moderation
    assert ("moderated by Venice" in card.words) == (badges == ["moderated"])


@pytest.mark.parametrize(
    ("preprocessing", "inference", "parts"),
    [
        (6436, 6367, {"queue": 9, "preparing": 69, "inference": 6367, "ours": 0}),
        (22, 1840, {"queue": 9, "preparing": 22, "inference": 1840, "ours": 0}),
        (22, None, {"queue": 9, "preparing": 22, "ours": 0}),
    ],
)
def test_inference_counts_once_in_the_time(
    alice: User, preprocessing: int, inference: int | None, parts: dict[str, int]
) -> None:
    made = a_picture(alice, queue_ms=9, preprocessing_ms=preprocessing, inference_ms=inference).generation
    assert {part.name: part.length for part in details.slices(made)} == parts
    made.state = State.FAILED
    assert details.slices(made) == []


def test_its_neighbours_are_covers_and_its_stack_is_a_filmstrip(client: Client, alice: User) -> None:
    older = pictures(alice, count=2)
    stack = pictures(alice, count=3)
    newer = a_picture(alice)
    client.force_login(alice)
    page = text(client, f"/images/{stack[0].pk}/")
    assert Page(page).one("a", rel="prev")["href"] == f"/images/{newer.pk}/"
    assert Page(page).one("a", rel="next")["href"] == f"/images/{older[0].pk}/"
    assert Page(page).values("data-related") == [str(picture.pk) for picture in stack]


def test_a_variant_stands_where_its_cover_stands(client: Client, alice: User) -> None:
    older = a_picture(alice)
    stack = pictures(alice, count=3)
    newer = a_picture(alice)
    client.force_login(alice)
    for each in stack:
        page = Page(text(client, f"/images/{each.pk}/"))
        assert page.one("a", rel="prev")["href"] == f"/images/{newer.pk}/"
        assert page.one("a", rel="next")["href"] == f"/images/{older.pk}/"
        assert page.one("p", data_position=None).words == "2 of 3"
        assert page.one(data_viewer=str(each.pk))["data-cover"] == str(stack[0].pk)
        marked = [link["data-strip"] for link in page.all("a", data_strip=None, aria_current="true")]
        assert marked == [str(stack[0].pk)]


def test_a_cover_that_is_not_the_first_of_its_rows_leads_to_neighbours_too(
    client: Client, alice: User
) -> None:
    """The picture that follows the seed was not stored with the first rows: ids of variants lie on both sides."""
    older, stack = a_picture(alice), pictures(alice, count=3)
    for each in stack:
        type(each).objects.filter(pk=each.pk).update(is_cover=each.pk == stack[1].pk)
    newer = a_picture(alice)
    client.force_login(alice)
    for each in stack:
        page = Page(text(client, f"/images/{each.pk}/"))
        assert page.one("a", rel="prev")["href"] == f"/images/{newer.pk}/"
        assert page.one("a", rel="next")["href"] == f"/images/{older.pk}/"


def test_it_says_where_the_list_ends_and_how_to_come_back(client: Client, alice: User) -> None:
    first, last = a_picture(alice, "a red door"), a_picture(alice, "a red wall")
    a_picture(alice, "a dog")
    client.force_login(alice)
    page = Page(text(client, f"/images/{last.pk}/?q=red"))
    assert page.one(data_end="prev").words == "The first"
    assert page.one("p", data_position=None).words == "1 of 2"
    assert page.one("a", data_close="")["href"] == f"/?q=red&from={last.pk}"
    assert page.one("a", rel="next")["href"] == f"/images/{first.pk}/?q=red"
    page = Page(text(client, f"/images/{first.pk}/?q=red"))
    assert page.one(data_end="next").words == "The last"
    assert page.one("p", data_position=None).words == "2 of 2"


@pytest.mark.parametrize("order", ["newest", "oldest", "price"])
def test_it_steps_in_the_order_of_its_list(client: Client, alice: User, order: str) -> None:
    for price in (3, 1, 2, 1):
        stack = pictures(alice, "red", count=2)
        type(stack[0]).objects.filter(generation=stack[0].generation_id).update(sort_price=price)
    client.force_login(alice)
    query = "?q=red" if order == "newest" else f"?q=red&order={order}"
    tiles = Page(text(client, f"/{query}")).all(class_="tile")
    wanted = [tile.one("a")["href"] for tile in tiles]
    assert len(wanted) == 4
    for place, address in enumerate(wanted):
        page = Page(text(client, address))
        assert page.one("p", data_position=None).words == f"{place + 1} of 4"
        assert [link["href"] for link in page.all("a", data_strip=None)] == wanted
        assert [link["href"] for link in page.all("a", rel="prev")] == wanted[:place][-1:]
        assert [link["href"] for link in page.all("a", rel="next")] == wanted[place + 1 : place + 2]
        back = Page(text(client, page.one("a", data_close="")["href"]))
        assert back.all(class_="tile")[0].one("a")["href"] == address
        variant = int(tiles[place]["data-image"]) + 1
        beside = Page(text(client, f"/images/{variant}/{query}"))
        assert [link["href"] for link in beside.all("a", rel="next")] == wanted[place + 1 : place + 2]


def test_what_the_search_does_not_hold_has_no_place_in_it(client: Client, alice: User) -> None:
    older, dog, newer = a_picture(alice, "red"), a_picture(alice, "a dog"), a_picture(alice, "red")
    client.force_login(alice)
    page = Page(text(client, f"/images/{dog.pk}/?q=red"))
    assert page.one("p", data_position=None).words == ""
    assert page.all("a", data_strip=None) == []
    assert page.one("a", rel="prev")["href"] == f"/images/{newer.pk}/?q=red"
    assert page.one("a", rel="next")["href"] == f"/images/{older.pk}/?q=red"


def test_a_prompts_pictures_step_among_themselves(client: Client, alice: User) -> None:
    stack = pictures(alice, "a red door", count=2)
    a_picture(alice, "a dog")
    last = a_picture(alice, "a red door")
    client.force_login(alice)
    prompt = last.prompt_id
    laid_out = Page(text(client, f"/prompts/{prompt}/"))
    tiles = laid_out.all(class_="tile r133")
    links = [link["href"] for page in (laid_out, Page(text(client, "/prompts/"))) for link in page.all("a")]
    assert {link.partition("?")[2] for link in links if link.startswith(f"/images/{last.pk}/")} == {
        f"in=prompt:{prompt}"
    }
    steps = [f"/images/{each.pk}/?in=prompt:{prompt}" for each in (last, stack[1], stack[0])]
    assert [tile.one("a")["href"] for tile in tiles] == steps
    page = Page(text(client, steps[1]))
    assert page.one("a", rel="prev")["href"] == steps[0]
    assert page.one("a", rel="next")["href"] == steps[2]
    assert page.one("p", data_position=None).words == "2 of 3"
    assert page.one("a", data_close="")["href"] == f"/prompts/{prompt}/?from={stack[1].pk}"


@pytest.mark.parametrize(
    "scope", ["", "prompt", "prompt:", "prompt:x", "prompt:1:2", "cat:1", "%00", "9" * 400]
)
def test_a_list_that_is_none_of_ours_is_the_gallery(client: Client, alice: User, scope: str) -> None:
    older, picture = a_picture(alice), a_picture(alice, "a dog")
    client.force_login(alice)
    page = Page(text(client, f"/images/{picture.pk}/?in={scope}"))
    assert page.one("a", rel="next")["href"] == f"/images/{older.pk}/"
    assert page.one("p", data_position=None).words == "1 of 2"


def test_nobody_counts_beyond_a_thousand(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gallery.listing.neighbours.FARTHEST", 20)
    made = [a_picture(alice) for _ in range(23)]
    client.force_login(alice)
    words = [
        Page(text(client, f"/images/{each.pk}/")).one("p", data_position=None).words
        for each in (made[22], made[2], made[1], made[0])
    ]
    assert words == ["1 of more than 20", "21 of more than 20", "more than 20", "more than 20"]


def test_the_filmstrip_is_of_the_list_around_it(client: Client, alice: User) -> None:
    made = [a_picture(alice) for _ in range(20)]
    client.force_login(alice)
    for at, shown in ((19, range(19, 11, -1)), (10, range(17, 2, -1)), (0, range(7, -1, -1))):
        strip = Page(text(client, f"/images/{made[at].pk}/")).all("a", data_strip=None)
        assert [link["data-strip"] for link in strip] == [str(made[place].pk) for place in shown]


def test_pictures_of_one_click_stand_beside_each_other(client: Client, alice: User) -> None:
    one, other = pictures(alice, count=2), a_picture(alice, "another seed")
    Generation.objects.filter(pk=other.generation_id).update(batch=one[0].generation.batch, position=1)
    a_picture(alice, "another click")
    client.force_login(alice)
    for each in (*one, other):
        page = Page(text(client, f"/images/{each.pk}/"))
        mates = page.all("a", data_related=None)
        assert [link["data-related"] for link in mates] == [str(picture.pk) for picture in (*one, other)]
        (marked,) = [link for link in mates if "aria-current" in link.attributes]
        assert marked["data-related"] == str(each.pk)


def test_the_viewer_gets_what_stands_in_the_page(client: Client, alice: User) -> None:
    picture = a_picture(alice)
    client.force_login(alice)
    response = client.get(f"/images/{picture.pk}/", headers=HTMX)
    page = Page(response.content)
    assert page.all("html") == []
    assert page.one(data_viewer=str(picture.pk), id="viewer")["data-title"].endswith("· Venice Gallery")
    assert page.one("figure", data_image=str(picture.pk))
    assert "HX-Request" in response["Vary"]


def test_its_queries_do_not_grow_with_the_list(
    client: Client, alice: User, django_assert_max_num_queries: Any
) -> None:
    stack = pictures(alice, "red", count=3)
    client.force_login(alice)
    client.get(f"/images/{stack[0].pk}/")
    counts = []
    for _ in range(2):
        for more in ("", "?q=red", f"?in=prompt:{stack[0].prompt_id}"):
            # PostgreSQL looks first how many there are of a word, on either side.
            with django_assert_max_num_queries(21) as asked:
                client.get(f"/images/{stack[1].pk}/{more}")
            counts.append(len(asked))
        for _ in range(20):
            pictures(alice, "red", count=2)
    # Beyond the ends of the filmstrip somebody must count, on both sides.
    assert all(after - before <= 2 for before, after in zip(counts[:3], counts[3:], strict=True)), counts


def test_what_it_was_made_from_stands_with_the_difference(client: Client, alice: User) -> None:
    origin, same, other = (
        a_picture(alice, "a door"),
        a_picture(alice, "a door"),
        a_picture(alice, "a red door"),
    )
    Generation.objects.filter(pk__in=[same.generation_id, other.generation_id]).update(origin=origin)
    asked = other.generation.request | {"seed": 12, "steps": 30, "style_preset": "<b>" * 40}
    asked.pop("width")
    Generation.objects.filter(pk=other.generation_id).update(request=asked)
    client.force_login(alice)
    for address in ("/images/{0.pk}/", "/generations/{0.generation_id}/"):
        assert Page(text(client, address.format(origin))).all("small", class_="differences") == []
        page = Page(text(client, address.format(same)))
        assert page.one("small", class_="differences").words == "the same request"
        words = Page(text(client, address.format(other))).one("small", class_="differences").words
        assert words.startswith("+ red · seed · ")
        for change in ("steps none → 30", "size 1024 × 1024 → none × 1024"):
            assert change in words
        assert "<b><b>" in words
        assert "…" in words


def test_what_venice_made_of_the_words_stands_beside_them(client: Client, alice: User) -> None:
    made = a_picture(alice, "a quiet canal", enhanced_prompt="a quiet canal at dawn, <b>film grain</b>")
    left = a_picture(alice, "a quiet canal", enhanced_prompt="a quiet canal")
    none = a_picture(alice, "a quiet canal")
    client.force_login(alice)
    for address in ("/images/{0.pk}/", "/generations/{0.generation_id}/"):
        page = Page(text(client, address.format(made)))
        own = page.one("p", id="prompt-words")
        assert own.words == "a quiet canal"
        enhanced = page.one("p", id="enhanced-words")
        assert enhanced.words == "a quiet canal at dawn, <b>film grain</b>"
        difference = page.one("p", data_enhancement="")
        assert [each.words for each in difference.all("ins")] == ["at dawn, <b>film grain</b>"]
        assert difference.all("del") == []
        page = Page(text(client, address.format(left)))
        assert page.all(data_enhancement="") == []
        assert page.one(data_unchanged="").words == "Venice left the words as they were."
        page = Page(text(client, address.format(none)))
        assert page.all(data_unchanged="") == page.all(id="enhanced-words") == []


def test_a_variant_without_a_seed_says_why_it_cannot_be_made_again(client: Client, alice: User) -> None:
    variant = pictures(alice, count=2)[1]
    client.force_login(alice)
    page = text(client, f"/images/{variant.pk}/")
    assert "No seed: Venice tells one only for the first picture" in page
    assert "disabled" in Page(page).one("form", data_action="rerun-same-seed").one("button")
    assert client.post(f"/images/{variant.pk}/rerun-same-seed/").status_code == 409
    assert Generation.objects.count() == 1


@pytest.mark.parametrize("action", ["rerun-same-seed", "rerun-new-seed"])
def test_a_re_run_is_the_new_members_and_the_same_form_counts_once(
    client: Client, alice: User, bob: User, action: str
) -> None:
    picture = a_picture(alice)
    client.force_login(bob)
    form = {"submission": str(uuid.uuid4())}
    first = client.post(f"/images/{picture.pk}/{action}/", form)
    again = client.post(f"/images/{picture.pk}/{action}/", form)
    made = Generation.objects.get(origin=picture)
    assert first.status_code == again.status_code == 303
    assert first["Location"] == again["Location"] == f"/generations/{made.pk}/"
    assert made.owner == bob
    assert made.prompt == picture.prompt
    assert made.price_estimate
    assert (made.seed == picture.seed) == (action == "rerun-same-seed")
    client.post(f"/images/{picture.pk}/{action}/")
    assert Generation.objects.filter(origin=picture).count() == 2
    assert Page(text(client, f"/images/{picture.pk}/")).one(id=f"generation-{made.pk}")


def test_htmx_gets_the_new_card_and_a_fresh_form(client: Client, alice: User) -> None:
    picture = a_picture(alice)
    client.force_login(alice)
    spent = str(uuid.uuid4())
    response = client.post(f"/images/{picture.pk}/rerun-new-seed/", {"submission": spent}, headers=HTMX)
    page = Page(response.content)
    assert response.status_code == 200
    assert page.one("article")["data-state"] == "queued"
    fresh = page.one("input", id="submission-rerun-new-seed", hx_swap_oob="true")
    assert fresh["value"] not in ("", spent)


def test_the_pace_holds_for_re_runs_but_not_for_repeats(
    client: Client, alice: User, settings: object
) -> None:
    settings.SUBMISSIONS_PER_MINUTE = 2  # type: ignore[attr-defined]
    picture = a_picture(alice)
    client.force_login(alice)
    form = {"submission": str(uuid.uuid4())}
    assert client.post(f"/images/{picture.pk}/rerun-new-seed/", form).status_code == 303
    refused = client.post(f"/images/{picture.pk}/rerun-new-seed/")
    assert refused.status_code == 429
    assert refused["Retry-After"]
    assert client.post(f"/images/{picture.pk}/rerun-new-seed/", form).status_code == 303


@pytest.mark.parametrize("action", ["rerun-same-seed", "rerun-new-seed", "verify"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_re_run_whose_style_reference_is_lost_is_refused_in_words(
    client: Client, alice: User, action: str, headers: dict[str, str]
) -> None:
    followed = a_picture(alice, content=b"followed")
    picture = a_follower(alice, followed)
    default_storage.delete(followed.name)
    client.force_login(alice)
    before = Generation.objects.count()
    answer = client.post(f"/images/{picture.pk}/{action}/", headers=headers)
    assert answer.status_code == 409
    assert f"is lost: {followed.name} is missing. Nothing was sent." in Page(answer.content).words
    assert Generation.objects.count() == before


def test_the_original_is_byte_for_byte_and_immutable(client: Client, alice: User) -> None:
    content = b"RIFF\x00\x00\x00\x00WEBP<script>alert(1)</script>"
    picture = a_picture(alice, content=content)
    client.force_login(alice)
    response = client.get(f"/images/{picture.pk}/original")
    assert b"".join(response.streaming_content) == content  # type: ignore[attr-defined]
    assert response["Content-Type"] == "image/webp"
    assert "immutable" in response["Cache-Control"]
    assert "sandbox" in response["Content-Security-Policy"]
    assert (
        client.get(f"/images/{picture.pk}/original", headers={"If-None-Match": response["ETag"]}).status_code
        == 304
    )
    download = client.get(f"/images/{picture.pk}/original?download")
    assert download["Content-Disposition"] == f'attachment; filename="venice-{picture.pk}.webp"'
    assert b"".join(download.streaming_content) == content  # type: ignore[attr-defined]


def test_a_lost_file_is_404(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get(f"/images/{a_picture(alice).pk}/original").status_code == 404


@pytest.mark.parametrize("pk", ["0", "999", str(2**63), "9" * 30, "9" * 4000])
@pytest.mark.parametrize(
    "page",
    ["/images/{}/", "/images/{}/original", "/generations/{}/", "/generations/{}/card/", "/prompts/{}/"],
)
def test_what_does_not_exist_is_404(client: Client, alice: User, page: str, pk: str) -> None:
    client.force_login(alice)
    assert client.get(page.format(pk)).status_code == 404


@pytest.mark.parametrize("known", [True, False])
def test_strangers_learn_nothing(client: Client, alice: User, known: bool) -> None:
    pk = a_picture(alice).pk if known else 999
    a_generation(alice)
    for page in (
        "/",
        f"/images/{pk}/",
        f"/images/{pk}/original",
        "/generations/1/",
        "/generations/1/card/",
        "/prompts/",
        "/queue/",
    ):
        response = client.get(page)
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")
        assert client.get(page, headers=HTMX).status_code == 401
    before = Generation.objects.count()
    assert client.post(f"/images/{pk}/rerun-new-seed/").status_code == 302
    assert Generation.objects.count() == before


@pytest.mark.parametrize("action", ["rerun-same-seed", "rerun-new-seed"])
def test_looking_at_an_action_is_405(client: Client, alice: User, action: str) -> None:
    client.force_login(alice)
    assert client.get(f"/images/{a_picture(alice).pk}/{action}/").status_code == 405


def test_its_values_are_varied_in_a_matrix(client: Client, alice: User) -> None:
    client.force_login(alice)
    image = a_picture(alice, "a cat on a wall")
    link = Page(client.get(f"/images/{image.pk}/").content).one("a", data_action="vary")
    form = Page(client.get(link["href"]).content).one("form", id="matrix-form")
    assert form.one("textarea", name="prompt").text.strip() == "a cat on a wall"
    assert form.one("input", name="image")["value"] == str(image.pk)
    assert form.one("input", name="width")["value"] == "1024"
