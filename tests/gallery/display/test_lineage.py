"""A picture's family as its tree is drawn."""

import uuid
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.display import lineage
from gallery.display.changes import changes
from gallery.models import Attempt, Generation, Image, Input, User
from gallery.models.lineage import after, before
from tests.gallery.generations import a_generation, a_picture, pictures
from tests.gallery.page import Page

pytestmark = pytest.mark.usefixtures("models_known")


def made_from(origin: Image, prompt: str = "a door", **columns: Any) -> Image:
    return a_picture(origin.owner, prompt, origin=origin, **columns)


def an_input(generation: Generation, image: Image | None, position: int = 0, role: str = "layer") -> Input:
    source = image or Image.objects.all()[0]
    columns = {
        name: getattr(source, name) for name in ("sha256", "name", "format", "width", "height", "bytes")
    }
    return Input.objects.create(generation=generation, position=position, role=role, image=image, **columns)


def a_call(generation: Generation, outcome: str, price: str | None) -> None:
    Attempt.objects.create(
        generation=generation,
        token=uuid.uuid4(),
        worker="w",
        host="h",
        model=generation.model,
        sent_at=generation.created_at,
        outcome=outcome,
        price=price,
    )


def drawn(tree: lineage.Tree) -> list[tuple[int, int]]:
    """Each request with how deep it stands, as the nested lists are written."""
    depth, found = 0, []
    for entry in tree.entries:
        depth += entry.opens
        found.append((entry.node.generation.pk, depth))
        depth -= len(entry.closes)
    assert depth == 0
    return found


def test_requests_before_and_after_are_found_however_they_are_joined(alice: User) -> None:
    root = a_picture(alice)
    layer = a_picture(alice, "a layer")
    child = made_from(root)
    joined = a_picture(alice, "both", kind="multi-edit")
    an_input(joined.generation, child)
    an_input(joined.generation, layer, 1)
    again = a_generation(alice, run_again_of=joined.generation)
    families = [each.generation_id for each in (root, layer, child, joined)] + [again.pk]
    one, other, second, both, last = families
    assert set(before([last], 100)) == {one, other, second, both}
    assert before([last], 1) == [both]
    assert after([one], 100) == [second, both, last]
    assert after([other], 100) == [both, last]
    # Of as many steps away either may come first.
    assert set(after([one, other], 2)) == {second, both}
    assert after([], 5) == before([10**9], 5) == []


def test_a_circle_is_walked_once_and_not_drawn(alice: User) -> None:
    first = a_picture(alice)
    second = made_from(first)
    Generation.objects.filter(pk=first.generation_id).update(origin=second)
    assert before([first.generation_id], 100) == after([first.generation_id], 100) == [second.generation_id]
    first.refresh_from_db()
    assert drawn(lineage.around(first)) == [(first.generation_id, 0), (second.generation_id, 1)]


def test_the_tree_goes_from_roots_to_leaves_and_shows_each_request_once(alice: User) -> None:
    root = a_picture(alice)
    left, right = made_from(root), made_from(root, "a gate")
    leaf = made_from(left)
    joined = a_picture(alice, "both", kind="multi-edit", origin=left)
    an_input(joined.generation, left)
    an_input(joined.generation, right, 1)
    for picture in (root, left, leaf, joined):
        tree = lineage.around(picture)
        assert drawn(tree) == [
            (root.generation_id, 0),
            (left.generation_id, 1),
            (leaf.generation_id, 2),
            (joined.generation_id, 2),
            (right.generation_id, 1),
        ]
        nodes = {entry.node.generation.pk: entry.node for entry in tree.entries}
        assert [pk for pk, node in nodes.items() if node.is_here] == [picture.generation_id]
        assert nodes[joined.generation_id].parents == [right.generation_id]
        assert nodes[right.generation_id].elsewhere == [joined.generation_id]
        assert [each.image for each in nodes[joined.generation_id].made_of] == [right]


@pytest.mark.long
def test_a_large_family_is_bounded_and_says_what_is_left_out(
    client: Client, alice: User, django_assert_max_num_queries: Any
) -> None:
    root = a_picture(alice)
    here = made_from(root)
    client.force_login(alice)
    client.get(f"/images/{here.pk}/lineage/")
    with django_assert_max_num_queries(25) as few:
        client.get(f"/images/{here.pk}/lineage/")
    last = here
    for _ in range(230):
        last = made_from(last)
    with django_assert_max_num_queries(len(few)):
        page = Page(client.get(f"/images/{here.pk}/lineage/").content)
    assert len(page.all(data_node=None)) == lineage.DRAWN
    assert page.one(data_cost="").words == f"What is drawn has cost ${lineage.DRAWN // 100}.00 pretend"
    assert page.one("p", data_more="later").words == f"And 32 more: search from:{here.pk}"
    page = Page(client.get(f"/images/{last.pk}/lineage/").content)
    assert page.one("p", data_more="earlier").words.startswith("171 requests that came before")
    assert "which is not drawn" in page.all("p", class_="changes")[0].words
    assert page.all(data_node=None)[-1].has("aria-current", "true")


def test_a_node_tells_its_price_judgement_and_what_is_gone(client: Client, alice: User, bob: User) -> None:
    root = pictures(alice, "a quiet canal", count=3, is_blurred=True)[0]
    Image.objects.filter(pk=root.pk).update(
        rating_count=2, rating_sum=9, favourite_count=3, is_sensitive=True
    )
    Image.objects.filter(generation=root.generation, index=2).update(trashed_at=root.created_at)
    lost = a_picture(bob, "a quiet canal", origin_purged=True, purged_count=2, origin=root)
    failed = a_generation(bob, state="failed", origin=lost)
    client.force_login(bob)
    page = Page(client.get(f"/images/{root.pk}/lineage/").content)
    words = page.one(data_node=str(root.generation_id)).words
    for told in ("$0.01", "rated 4.5", "★ 3", "alice", "1 in the trash", "a quiet canal", "this picture"):
        assert told in words
    links = [each["href"] for each in page.one(data_node=str(root.generation_id)).all("a", href=None)]
    ways = (f"/images/{root.pk}/edit/", f"/images/{root.pk}/upscale/", f"/images/{root.pk}/#actions")
    assert {*ways, f"/create/?image={root.pk}&use=all", f"/create/?image={root.pk}&use=remix"} <= {*links}
    assert page.one("a", data_related=str(root.pk)).has("class", "sensitive")
    assert page.one("body").has("class", "blurs")
    assert "2 thrown away" in page.one(data_node=str(lost.generation_id)).words
    assert page.all(data_origin_purged="")
    assert "Failed" in page.one(data_node=str(failed.pk)).words
    assert client.get("/images/99999999999999999999/lineage/").status_code == 404


@pytest.mark.parametrize(
    ("state", "outcomes", "told"),
    [
        ("queued", [], "$0.03"),
        ("failed", [], "$0.00"),
        ("cancelled", [], "$0.00"),
        ("failed", ["unsent", "refused"], "$0.00"),
        ("interrupted", ["refused", "unknown"], "$0.04"),
    ],
)
def test_what_made_no_picture_tells_what_it_may_have_cost(
    client: Client, alice: User, state: str, outcomes: list[str], told: str
) -> None:
    here = a_picture(alice)
    other = a_generation(alice, state=state, origin=here, price_estimate="0.03")
    for outcome in outcomes:
        a_call(other, outcome, "0.04")
    client.force_login(alice)

    tree = Page(client.get(f"/images/{here.pk}/lineage/").content)

    assert told in tree.one(data_node=str(other.pk)).words
    if state != "queued":
        card = Page(client.get(f"/generations/{other.pk}/").content).one("p", class_="facts")
        assert told in card.words


def test_the_tree_tells_what_all_of_it_has_cost(
    client: Client, alice: User, settings: LazySettings, django_assert_num_queries: Any
) -> None:
    """Each request once, however many it was made from; what may have been charged, and the emulator's apart."""
    settings.VENICE_EMULATED = False
    root = pictures(alice, count=3)[0]
    left, right = made_from(root), made_from(root, "a gate")
    joined = a_picture(alice, "both", kind="multi-edit", origin=left)
    an_input(joined.generation, left)
    an_input(joined.generation, right, 1)
    client.force_login(alice)

    def told() -> str:
        return Page(client.get(f"/images/{right.pk}/lineage/").content).one("span", data_cost="").words

    assert told() == "All of it has cost $0.04"
    with CaptureQueriesContext(connection) as few:
        told()
    a_call(a_generation(alice, state="failed", origin=right), "refused", "7")
    a_call(a_generation(alice, state="interrupted", origin=right), "unknown", "0.0023")
    a_call(a_generation(alice, state="interrupted", origin=right), "unknown", None)
    # What waits has cost nothing yet, and what was made from another picture is another tree's.
    a_generation(alice, origin=right)
    a_picture(alice, "elsewhere")
    with django_assert_num_queries(len(few)):
        assert told() == "All of it has cost $0.0423"
    pretended = made_from(root, emulated=True)
    assert told() == "All of it has cost $0.0423 and $0.01 pretend"
    Attempt.objects.exclude(generation=pretended.generation).update(emulated=True)
    assert told() == "All of it has cost $0.0523 pretend"
    alone = a_picture(alice)
    Attempt.objects.filter(generation=alone.generation).update(outcome="refused")
    page = Page(client.get(f"/images/{alone.pk}/lineage/").content)
    assert page.one("span", data_cost="").words == "All of it has cost $0.00"


def test_pictures_that_one_starts_from_are_blurred_too(client: Client, alice: User) -> None:
    source = a_picture(alice)
    Image.objects.filter(pk=source.pk).update(is_sensitive=True)
    result = a_picture(alice, "an edit", kind="edit")
    asked = {"prompt": "an edit"}
    Generation.objects.filter(pk=result.generation_id).update(request=asked)
    an_input(result.generation, source, role="source")
    client.force_login(alice)
    for address in (f"/images/{result.pk}/", f"/generations/{result.generation_id}/"):
        page = Page(client.get(address).content)
        assert page.one("a", data_input="0").has("class", "sensitive")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {}, ["the same request"]),
        ({"seed": 1}, {"seed": 2}, ["seed"]),
        ({"cfg_scale": 7.0}, {"cfg_scale": 5.0}, ["cfg 7.0 → 5.0"]),
        ({"model": "a"}, {"model": "b"}, ["model: a → b"]),
        ({"width": 512, "height": 512}, {"width": 512, "height": 768}, ["size 512 × 512 → 512 × 768"]),
        ({"prompt": "a red cat, rain"}, {"prompt": "a red cat, rain, fog"}, ["+ fog"]),
        ({"prompt": "a red cat in the rain"}, {"prompt": "a blue cat in the rain"}, ["red → blue"]),
        ({"prompt": "a cat in heavy rain"}, {"prompt": "a cat in rain"}, ["− heavy"]),
        ({"prompt": "a cat"}, {"prompt": "Quite another thing, told at length"}, ["another prompt"]),
        ({"prompt": "x" * 9000}, {"prompt": "y"}, ["another prompt"]),
        ({"negative_prompt": "blur"}, {"negative_prompt": "blur, text"}, ["negative + text"]),
        ({"style_preset": "Anime"}, {}, ["style Anime → none"]),
        (
            {"new_thing": [1]},
            {"new_thing": "<b>" * 40},
            ["new_thing strength 1 → " + ("<b>" * 40)[:40] + "…"],
        ),
    ],
)
def test_the_difference_of_two_requests_in_words(
    before: dict[str, Any], after: dict[str, Any], said: list[str]
) -> None:
    base = {"prompt": "a cat", "model": "m"}
    one, two = (Generation(pk=pk, request=base | more) for pk, more in ((1, before), (2, after)))
    assert changes(one, two) == said


@pytest.mark.parametrize(
    ("kind", "request_of", "said"),
    [
        ("upscale", {"scale": 2}, "upscaled ×2"),
        ("remove-background", {}, "background removed"),
        ("edit", {"prompt": "add fog"}, "edited"),
        ("sculpt", {}, "sculpt"),
    ],
)
def test_operations_say_what_was_done(kind: str, request_of: dict[str, Any], said: str) -> None:
    one = Generation(pk=1, request={"prompt": "a cat"})
    assert changes(one, Generation(pk=2, kind=kind, request=request_of)) == [said]
    assert changes(one, Generation(pk=2, kind=kind, request=request_of, run_again_of=one)) == ["run again"]


def test_a_pictures_page_shows_what_was_made_from_it(
    client: Client, alice: User, django_assert_max_num_queries: Any
) -> None:
    root = a_picture(alice)
    client.force_login(alice)
    page = Page(client.get(f"/images/{root.pk}/").content)
    assert page.all(data_made="") == []
    assert page.one("a", data_lineage="")["href"] == f"/images/{root.pk}/lineage/"
    rerun = made_from(root, "a cat on a wall")
    failed = a_generation(alice, state="failed", origin=root)
    waiting = a_generation(alice, "a dog on a wall", origin=root)
    edited = a_picture(alice, "in the fog", kind="edit")
    an_input(edited.generation, root, role="source")
    Image.objects.filter(pk=edited.pk).update(is_sensitive=True)
    page = Page(client.get(f"/images/{root.pk}/").content)
    assert page.one(data_made="").words == "4"
    listed = [
        (each["data-generation"], each["data-state"])
        for each in page.one(id="reruns").all(data_generation=None)
    ]
    expected = [waiting.pk, edited.generation_id, failed.pk, rerun.generation_id]
    assert [int(pk) for pk, _ in listed] == expected
    assert page.one("a", data_related=str(edited.pk)).has("class", "sensitive")
    assert "edited: in the fog" in page.one("a", data_related=str(edited.pk)).words
    assert page.one("a", data_related=str(rerun.pk)).words == "the same request"
    assert page.one("li", data_generation=str(failed.pk)).words == "the same request failed"
    with django_assert_max_num_queries(30) as few:
        client.get(f"/images/{root.pk}/")
    for _ in range(30):
        made_from(root)
    with django_assert_max_num_queries(len(few)):
        page = Page(client.get(f"/images/{root.pk}/").content)
    assert page.one(data_made="").words == "34"
    assert len(page.all("li", data_generation=None)) == lineage.LISTED
