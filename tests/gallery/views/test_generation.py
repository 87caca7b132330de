"""A generation's page, its card and its poll, the queue, and what maker and staff may do."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Generation, Hold, State, User
from tests.gallery.generations import a_generation, a_picture, pictures
from tests.gallery.page import Page

pytestmark = pytest.mark.usefixtures("models_known")
HTMX = {"HX-Request": "true"}
BROKEN = {
    "error_message": "String must contain at most 1500 characters",
    "error_advice": "Shorten the prompt.",
}


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_its_card_comes_first_and_holds_only_its_own_pictures(client: Client, alice: User) -> None:
    origin = a_picture(alice)
    made = pictures(alice, count=4)
    Generation.objects.filter(pk=made[0].generation_id).update(origin=origin)
    client.force_login(alice)
    page = text(client, f"/generations/{made[0].generation_id}/")
    first = Page(page).all("article")[0]
    assert (first["data-generation"], first["data-state"]) == (str(made[0].generation_id), "done")
    assert "hx-get" not in first
    assert Page(page).values("data-image") == [str(picture.pk) for picture in made]
    assert str(origin.pk) in Page(page).values("data-related")
    assert made[0].thumbnail_512 in Page(page).values("src")
    assert f"{made[0].media_url} {made[0].width}w" in page


@pytest.mark.parametrize(("width", "height"), [(512, 512), (300, 200), (513, 100), (1024, 1536)])
def test_no_two_sources_of_a_picture_have_one_width(
    client: Client, alice: User, width: int, height: int
) -> None:
    image, other = a_picture(alice), a_picture(alice)
    type(image).objects.update(width=width, height=height)
    client.force_login(alice)
    compared = f"/compare/?images={image.pk},{other.pk}"
    for address in (f"/generations/{image.generation_id}/", f"/images/{image.pk}/", compared):
        sources = Page(text(client, address)).values("srcset")
        assert sources
        for source in sources:
            widths = [candidate.split()[1] for candidate in source.split(",")]
            assert len(widths) == len(set(widths)), source
            assert len(widths) == (1 if max(width, height) <= 512 else 2)


@pytest.mark.parametrize("state", State.values)
def test_every_state_has_its_words(client: Client, alice: User, state: str) -> None:
    generation = a_generation(alice, state=state, sent_at=timezone.now())
    client.force_login(alice)
    page = text(client, f"/generations/{generation.pk}/")
    assert state in Page(page).values("data-state")
    assert ("/card/?state=" in page) == generation.is_active
    actions = set(Page(page).values("data-action"))
    expected = {
        "queued": {"cancel"},
        "failed": {"run-again", "dismiss"},
        "interrupted": {"run-again", "dismiss"},
    }
    assert actions == expected.get(state, {"run-again"} if state == "cancelled" else set())


def test_a_failure_shows_venices_words_and_what_to_do(client: Client, alice: User) -> None:
    generation = a_generation(alice, state="failed", **BROKEN)
    client.force_login(alice)
    for address in (f"/generations/{generation.pk}/", "/queue/"):
        page = text(client, address)
        assert BROKEN["error_message"] in page
        assert BROKEN["error_advice"] in page


def test_a_hold_is_shown_with_its_reason_and_end(client: Client, alice: User) -> None:
    until = timezone.now() + timedelta(minutes=5)
    generation = a_generation(
        alice, not_before=until, hold=Hold.REFUSED, hold_words="Venice asked us to wait"
    )
    client.force_login(alice)
    page = text(client, f"/generations/{generation.pk}/card/")
    assert "Held until" in page
    assert "Venice asked us to wait" in page


def test_the_poll_is_silent_until_something_changes(client: Client, alice: User) -> None:
    generation = a_generation(alice)
    client.force_login(alice)
    address = f"/generations/{generation.pk}/card/"
    assert client.get(f"{address}?state=queued", headers=HTMX).status_code == 204
    (poll,) = Page(text(client, address)).values("hx-get")
    assert client.get(poll, headers=HTMX).status_code == 204
    Generation.objects.filter(pk=generation.pk).update(state="sending", sent_at=timezone.now())
    changed = client.get(f"{address}?state=queued", headers=HTMX)
    assert changed.status_code == 200
    assert Page(changed.content).one("article")["data-state"] == "sending"


def test_the_place_in_the_line_moves_up(client: Client, alice: User) -> None:
    first, second = a_generation(alice), a_generation(alice)
    client.force_login(alice)
    address = f"/generations/{second.pk}/card/"
    page = text(client, address)
    assert "2nd in line" in page
    first.cancel()
    (poll,) = Page(page).values("hx-get")
    assert b"1st in line" in client.get(poll, headers=HTMX).content


def test_the_poll_stops_when_it_is_gone(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/generations/999/card/", headers=HTMX).status_code == 286
    assert client.get("/generations/999/card/").status_code == 404


def test_cancelling_works_before_sending_only(client: Client, alice: User) -> None:
    waiting, sent = a_generation(alice), a_generation(alice, state="sending", sent_at=timezone.now())
    client.force_login(alice)
    response = client.post(f"/generations/{waiting.pk}/cancel/")
    assert response.status_code == 303
    assert response["Location"] == f"/generations/{waiting.pk}/"
    assert client.post(f"/generations/{sent.pk}/cancel/", {"back": "queue"})["Location"] == "/queue/"
    states = dict(Generation.objects.values_list("pk", "state"))
    assert states == {waiting.pk: "cancelled", sent.pk: "sending"}


def test_running_again_copies_the_request_and_dismisses_the_old(client: Client, alice: User) -> None:
    old = a_generation(alice, state="failed", **BROKEN)
    client.force_login(alice)
    form = {"submission": str(uuid.uuid4())}
    response = client.post(f"/generations/{old.pk}/run-again/", form)
    new = Generation.objects.get(run_again_of=old)
    assert response.status_code == 303
    assert response["Location"] == f"/generations/{new.pk}/"
    assert client.post(f"/generations/{old.pk}/run-again/", form)["Location"] == response["Location"]
    old.refresh_from_db()
    assert new.request == old.request
    assert old.dismissed_at
    assert new.state == "queued"


@pytest.mark.parametrize("state", ["queued", "sending", "received", "done"])
def test_what_runs_or_is_done_is_not_run_again(client: Client, alice: User, state: str) -> None:
    generation = a_generation(alice, state=state)
    client.force_login(alice)
    assert client.post(f"/generations/{generation.pk}/run-again/").status_code == 409
    assert Generation.objects.count() == 1


def test_htmx_gets_the_changed_card(client: Client, alice: User) -> None:
    waiting, broken = a_generation(alice), a_generation(alice, state="failed", **BROKEN)
    client.force_login(alice)
    cancelled = client.post(f"/generations/{waiting.pk}/cancel/", headers=HTMX)
    assert cancelled.status_code == 200
    assert "cancelled" in Page(cancelled.content).values("data-state")
    again = client.post(f"/generations/{broken.pk}/run-again/", headers=HTMX)
    assert again.status_code == 200
    assert "queued" in Page(again.content).values("data-state")
    for place in ("", "#actions", "?made"):
        own = HTMX | {"HX-Current-URL": f"http://testserver/generations/{broken.pk}/{place}"}
        there = client.post(f"/generations/{broken.pk}/run-again/", headers=own)
        assert there["HX-Redirect"] == f"/generations/{Generation.objects.latest('pk').pk}/"


@pytest.mark.parametrize("action", ["cancel", "dismiss", "run-again"])
def test_only_maker_and_staff_may_change(
    client: Client, alice: User, bob: User, sally: User, action: str
) -> None:
    generation = a_generation(alice, state="queued" if action == "cancel" else "failed")
    address = f"/generations/{generation.pk}/{action}/"
    client.force_login(bob)
    assert action not in Page(text(client, "/queue/")).values("data-action")
    assert client.post(address).status_code == 403
    client.force_login(sally)
    assert action in Page(text(client, "/queue/")).values("data-action")
    assert client.get(address).status_code == 405
    assert client.post(address).status_code == 303
    if action == "run-again":
        # Spending is its owner's; who pressed is recorded.
        new = Generation.objects.latest("pk")
        assert (new.owner, new.requested_by) == (alice, sally)


def test_the_queue_lists_what_waits_and_what_went_wrong(client: Client, alice: User, bob: User) -> None:
    first, second = a_generation(bob), a_generation(alice)
    broken = a_generation(bob, state="interrupted")
    a_generation(bob, state="failed", dismissed_at=timezone.now())
    a_picture(bob)
    client.force_login(alice)
    page = text(client, "/queue/")
    # Decisions first: nothing that runs or ends moves what spends under the pointer.
    listed = [each["data-generation"] for each in Page(page).all(data_generation=None)]
    assert listed == [str(g.pk) for g in (broken, first, second)]
    poll = Page(page).one(id="queue")["hx-get"]
    assert client.get(poll, headers=HTMX).status_code == 204
    first.cancel()
    changed = client.get(poll, headers=HTMX)
    assert changed.status_code == 200
    assert not Page(changed.content).all("html")


def test_an_empty_queue_says_so(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "Nothing waits" in text(client, "/queue/")


def test_details_follow_the_state(client: Client, alice: User) -> None:
    generation = a_generation(alice)
    client.force_login(alice)
    address = f"/generations/{generation.pk}/?state=queued"
    assert client.get(address, headers=HTMX).status_code == 204
    generation.cancel()
    response = client.get(address, headers=HTMX)
    assert Page(response.content).one(id="details")
    assert b"hx-get" not in response.content


def test_run_again_in_two_tabs_pays_once(client: Client, alice: User, models_known: None) -> None:
    client.force_login(alice)
    old = a_generation(alice, "A canal", state="failed")

    first = client.post(f"/generations/{old.pk}/run-again/", {"submission": str(uuid.uuid4())})
    second = client.post(f"/generations/{old.pk}/run-again/", {"submission": str(uuid.uuid4())})

    assert (first.status_code, second.status_code) == (303, 303)
    assert first["Location"] == second["Location"]
    assert old.repeats.count() == 1


def test_a_finished_one_offers_what_its_picture_offers(client: Client, alice: User) -> None:
    first, *_ = pictures(alice, count=3)
    waiting = a_generation(alice)
    client.force_login(alice)
    page = Page(client.get(f"/generations/{first.generation_id}/").content)
    offered = {each["data-action"] for each in page.all(data_action=None)}
    beside = Page(client.get(f"/images/{first.pk}/").content)
    # A picture is judged and compared where it is large.
    judging = {"favourite", "rate", "tag", "untag", "compare"}
    assert offered >= {each["data-action"] for each in beside.all(data_action=None)} - judging
    assert page.one("form", data_action="rerun-new-seed")["action"] == f"/images/{first.pk}/rerun-new-seed/"
    assert page.one("a", data_action="remix")["href"] == f"/create/?image={first.pk}&use=remix"
    assert not Page(client.get(f"/generations/{waiting.pk}/").content).all(data_action="remix")


@pytest.mark.parametrize("state", ["interrupted", "failed"])
def test_what_was_saved_of_one_that_ended_badly_can_be_used(client: Client, alice: User, state: str) -> None:
    saved = pictures(alice, count=2)
    number = saved[0].generation_id
    Generation.objects.filter(pk=number).update(state=state, variants=4)
    client.force_login(alice)
    page = Page(client.get(f"/generations/{number}/").content)
    for use in ("remix", "use-all", "use-prompt", "use-seed", "use-size"):
        link = page.one("a", data_action=use)
        assert link["href"] == f"/create/?image={saved[0].pk}&use={use.removeprefix('use-')}"
        assert client.get(link["href"]).status_code == 200
    # To make another is what Run again is for.
    assert page.all("form", data_action="rerun-new-seed") == []
    assert page.one("form", data_action="run-again")
    downloads = [link["href"] for link in page.all("a", data_action="download")]
    assert downloads == [f"/images/{each.pk}/download" for each in saved]


def test_each_picture_of_a_finished_one_can_be_downloaded(client: Client, alice: User) -> None:
    made, alone = pictures(alice, count=3), pictures(alice)
    client.force_login(alice)
    for images in (made, alone):
        page = Page(client.get(f"/generations/{images[0].generation_id}/").content)
        downloads = {link["href"] for link in page.all("a", data_action="download")}
        assert downloads == {f"/images/{each.pk}/download" for each in images}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("the connection was reset", "The connection was reset"),
        ("Model is BUSY.", "Model is BUSY."),
    ],
)
def test_what_went_wrong_begins_as_a_sentence(client: Client, alice: User, words: str, shown: str) -> None:
    generation = a_generation(alice, state="interrupted", error_message=words)
    client.force_login(alice)
    for path in ("/queue/", f"/generations/{generation.pk}/"):
        assert Page(client.get(path).content).all("p", class_="error")[0].words == shown


def test_the_words_of_a_finished_picture_lead_to_it_where_cards_are_listed(
    client: Client, alice: User
) -> None:
    (one,), (first, _) = pictures(alice), pictures(alice, count=2)
    failed = a_generation(alice, state="failed")
    client.force_login(alice)
    for generation, leads_to in (
        (one.generation, f"/images/{one.pk}/"),
        (first.generation, f"/generations/{first.generation.pk}/"),
        (failed, f"/generations/{failed.pk}/"),
    ):
        page = Page(client.get(f"/generations/{generation.pk}/card/").content)
        assert page.one("p", class_="prompt").one("a")["href"] == leads_to
        assert client.get(f"/generations/{generation.pk}/").status_code == 200
