"""The page of a click of several requests, its section, its line in the queue, and its verbs."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Batch, Generation, State, User
from gallery.models.queue import Order
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.generations import a_generation
from tests.gallery.page import Page
from tests.gallery.paid_form import spending
from venice import Generate

pytestmark = pytest.mark.usefixtures("models_known")

HTMX = {"HX-Request": "true"}
BRIDGE = Generate(model="z-image-turbo", prompt="A <b>bridge</b>", width=64, height=64, seed=1)


def a_click(owner: User, count: int = 4, **columns: Any) -> Batch:
    """One click of so many requests, each of a cent."""
    orders = [
        Order(operation=replace(BRIDGE, seed=seed), price=Decimal("0.01")) for seed in range(1, count + 1)
    ]
    return Generation.objects.enqueue_batch(owner, orders, **columns)[0][0].batch


def fail(batch: Batch, *positions: int, state: str = State.FAILED) -> None:
    batch.members.filter(position__in=positions).update(state=state)


def address(batch: Batch, verb: str = "") -> str:
    return f"/batches/{batch.pk}/{verb + '/' if verb else ''}"


def section_of(answer: Any) -> Any:
    assert answer.status_code == 200
    return Page(answer.content).all("section", data_batch=None)[0]


def test_the_page_tells_what_made_it_what_it_costs_and_how_far_it_is(
    maker: Client, alice: User, worker_process: WorkerProcess
) -> None:
    batch = a_click(alice, title="4 seeds")
    worker_process.step()
    fail(batch, 1)

    page = maker.get(address(batch))

    section = section_of(page)
    facts = Page(page.content)
    assert facts.one("h1").words == f"Click {batch.pk}: 4 seeds"
    assert facts.one("dd", data_agreed=None).words == "$0.04"
    # It comes with what polls: it grows while one looks.
    assert section.one("span", data_spent=None).words == "$0.01"
    assert section.one("span", data_progress=None).words == "1 of 4 done, 2 waiting, 1 failed"
    assert section["data-state"] == "active"
    assert [card["data-state"] for card in section.all("article")] == ["done", "failed", "queued", "queued"]
    assert facts.one("a", href=f"/?q=batch:{batch.pk}").words == "Look at them in the gallery"
    assert len(Page(maker.get(f"/?q=batch:{batch.pk}").content).all(data_image=None)) == 1


def test_a_batch_of_one_and_one_that_is_not_there(maker: Client, alice: User) -> None:
    assert maker.get(f"/batches/{a_generation(alice).batch_id}/").status_code == 200
    assert maker.get("/batches/999999/").status_code == 404
    assert maker.get("/batches/" + "9" * 400 + "/").status_code == 404
    for strange in ("-1", "x", "9" * 400, "%00"):
        assert maker.get(f"{address(a_click(alice))}?from={strange}").status_code == 200


def test_many_are_shown_page_by_page_in_a_handful_of_queries(maker: Client, alice: User) -> None:
    few, many = a_click(alice, 2), a_click(alice, 103)
    queries = []
    for batch in (few, many):
        maker.get(address(batch))
        with CaptureQueriesContext(
            connection,
        ) as counted:
            page = maker.get(address(batch))
        queries.append(len(counted))

    assert queries[0] == queries[1] <= 20
    cards = Page(page.content).all("article")
    older = Page(page.content).one("a", rel="next")["href"]
    assert len(cards) == 100
    assert older == f"/batches/{many.pk}/?from=100"
    assert len(Page(maker.get(older).content).all("article")) == 3


def test_htmx_gets_the_section_and_nothing_while_it_is_as_it_was(maker: Client, alice: User) -> None:
    batch = a_click(alice)
    poll = section_of(maker.get(address(batch)))["hx-get"]

    assert maker.get(poll, headers=HTMX).status_code == 204
    batch.pause()
    changed = maker.get(poll, headers=HTMX)
    assert section_of(changed)["data-state"] == "paused"
    assert "Paused with its click" in Page(changed.content).words
    batch.cancel()
    ended = section_of(maker.get(poll, headers=HTMX))
    assert (ended["data-state"], "hx-get" in ended) == ("cancelled", False)


@pytest.mark.parametrize("place", ["?cancelled", "?from=2"])
def test_what_one_looks_at_of_it_stays_when_it_is_drawn_anew(maker: Client, alice: User, place: str) -> None:
    batch = a_click(alice)
    fail(batch, 3, state=State.CANCELLED)
    page = maker.get(f"{address(batch)}{place}")
    there = HTMX | {"HX-Current-URL": f"http://testserver{address(batch)}{place}"}

    def cards(answer: Any) -> list[str]:
        return [card["data-state"] for card in section_of(answer).all("article")]

    shown = ["cancelled"] if place == "?cancelled" else ["queued"]
    assert cards(page) == shown
    poll = section_of(page)["hx-get"]
    assert maker.get(poll, headers=there).status_code == 204
    for verb in ("pause", "resume"):
        assert cards(maker.post(address(batch, verb), headers=there)) == shown
    fail(batch, 0)
    assert cards(maker.get(poll, headers=there)) == shown
    dear = maker.post(address(batch, "run-again"), {"price": "0.001"}, headers=there)
    assert (dear.status_code, len(Page(dear.content).all("article"))) == (422, 1)


def test_what_was_cancelled_folds_into_the_line_and_is_run_again_at_its_price(
    maker: Client, alice: User, worker_process: WorkerProcess
) -> None:
    batch = a_click(alice)
    worker_process.step()
    batch.cancel()
    page = maker.get(address(batch))
    section = section_of(page)
    assert "1 of 4 done, 3 cancelled" in section.words
    assert "$0.01 of $0.04 spent" in section.words
    assert [card["data-state"] for card in section.all("article")] == ["done"]
    link = section.one("details").one("a")["href"]
    assert [card["data-state"] for card in section_of(maker.get(link)).all("article")] == ["cancelled"] * 3
    folded_out = Page(maker.get(section.one("details")["hx-get"], headers=HTMX).content)
    assert len(folded_out.one(id=f"batch-cancelled-{batch.pk}").all("article")) == 3

    (form,) = [form for form in spending(page) if form.mark == "run-cancelled-again"]
    assert (form.fields["price"], form.printed) == ("0.03", ["0.03"])
    assert "Run the 3 again" in section.words
    dear = maker.post(form.address, form.fields | {"price": "0.02"})
    assert dear.status_code == 422
    assert "The button said $0.02" in Page(dear.content).one(data_error_for="price").words
    answer = maker.post(form.address, form.fields)
    new = Batch.objects.latest("pk")
    assert answer["Location"] == address(new)
    assert [row.run_again_of.position for row in new.members if row.run_again_of] == [1, 2, 3]
    # Pressed again, by whichever copy of the form: nothing more is made.
    for submission in (form.fields["submission"], str(uuid.uuid4())):
        again = maker.post(form.address, form.fields | {"submission": submission})
        assert again["Location"] == address(new)
    assert Generation.objects.count() == 7
    assert not section_of(maker.get(address(batch))).all(data_action="run-cancelled-again")
    # What failed is another matter.
    assert maker.post(form.address, {"submission": str(uuid.uuid4())}).status_code == 409


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_pause_resume_and_cancel(maker: Client, alice: User, headers: dict[str, str]) -> None:
    batch = a_click(alice)
    for verb, state, left in (
        ("pause", "paused", {"resume-batch", "cancel-batch"}),
        ("resume", "active", {"pause-batch", "cancel-batch"}),
        ("cancel", "cancelled", set()),
    ):
        form = section_of(maker.get(address(batch))).one("form", data_action=f"{verb}-batch")
        answer = maker.post(form["action"], headers=headers)
        if not headers:
            assert (answer.status_code, answer["Location"]) == (303, address(batch))
            answer = maker.get(address(batch))
        section = section_of(answer)
        assert section["data-state"] == state
        actions = {form["data-action"] for form in section.all("form", data_action=None)}
        assert actions & {"pause-batch", "resume-batch", "cancel-batch"} == left
        assert maker.post(form["action"], headers=headers).status_code in (200, 303)


def test_another_members_click_is_only_looked_at(client: Client, alice: User, bob: User, sally: User) -> None:
    batch = a_click(alice)
    fail(batch, 0)
    client.force_login(bob)
    assert not section_of(client.get(address(batch))).all("form", data_action="pause-batch")
    for verb in ("pause", "resume", "cancel", "run-again"):
        assert client.post(address(batch, verb)).status_code == 403
        assert client.get(address(batch, verb)).status_code == 405
    assert batch.members.queued().count() == 3
    sally.is_staff = True
    sally.save()
    client.force_login(sally)
    assert client.post(address(batch, "pause")).status_code == 303
    assert client.post(address(batch, "run-again")).status_code == 303


def test_run_again_has_its_own_price_and_makes_a_click_of_its_own(maker: Client, alice: User) -> None:
    batch = a_click(alice)
    fail(batch, 1, 2)
    (form,) = [form for form in spending(maker.get(address(batch))) if form.mark == "run-again-batch"]
    assert (form.fields["price"], form.printed) == ("0.02", ["0.02"])

    dear = maker.post(form.address, form.fields | {"price": "0.01"})
    assert dear.status_code == 422
    assert "The button said $0.01" in Page(dear.content).one(data_error_for="price").words
    assert Generation.objects.count() == 4

    answer = maker.post(form.address, form.fields)
    new = Batch.objects.latest("pk")
    assert answer["Location"] == address(new)
    assert [row.run_again_of.position for row in new.members if row.run_again_of] == [1, 2]
    assert maker.post(form.address, form.fields)["Location"] == address(new)
    assert maker.post(form.address, form.fields | {"submission": str(uuid.uuid4())})["Location"] == address(
        new
    )
    assert Generation.objects.count() == 6


@pytest.mark.parametrize("page", ["/create/", "/", "/batches/{other}/", "/queue/#main", ""])
def test_among_others_the_new_click_stands_above_the_old_one_in_place(
    maker: Client, alice: User, page: str
) -> None:
    batch, other = a_click(alice), a_click(alice)
    fail(batch, 1, 2)
    (form,) = [form for form in spending(maker.get(address(batch))) if form.mark == "run-again-batch"]
    there = HTMX | {"HX-Current-URL": f"http://testserver{page.format(other=other.pk)}"}

    answer = maker.post(form.address, form.fields, headers=there)

    assert "HX-Redirect" not in answer
    new = Batch.objects.latest("pk")
    sections = Page(answer.content).all("section", data_batch=None)
    assert [section["id"] for section in sections] == [f"batch-{new.pk}", f"batch-{batch.pk}"]
    assert [section.one("span", data_progress=None).words for section in sections] == [
        "2 waiting",
        "2 waiting, 2 failed",
    ]
    assert "$0.00 of $0.02 spent" in sections[0].words
    # Each of them once, and nothing to press a second time.
    assert len(Page(answer.content).all("article")) == 6
    assert not Page(answer.content).all(data_action="run-again-batch")
    # A second press, by a copy of the form: what stands there already makes room for itself.
    again = Page(maker.post(form.address, form.fields, headers=there).content)
    assert again.one(hx_swap_oob="delete")["id"] == f"batch-{new.pk}"
    assert [section["id"] for section in again.all("section", data_batch=None)] == [
        f"batch-{new.pk}",
        f"batch-{batch.pk}",
    ]
    assert Generation.objects.count() == 10


def test_one_that_is_run_again_of_a_click_is_a_click_in_place(maker: Client, alice: User) -> None:
    batch = a_click(alice)
    fail(batch, 3)
    (form,) = [form for form in spending(maker.get(address(batch))) if form.mark == "run-again-batch"]

    answer = maker.post(
        form.address, form.fields, headers=HTMX | {"HX-Current-URL": "http://testserver/create/"}
    )

    new, _ = Page(answer.content).all("section", data_batch=None)
    assert (new["data-batch"], len(new.all("article"))) == (str(Batch.objects.latest("pk").pk), 1)


def test_one_request_that_is_run_again_within_its_click_stands_above_it(maker: Client, alice: User) -> None:
    """Among the cards of its click the next poll would take it away: it is none of them."""
    batch = a_click(alice)
    fail(batch, 1)
    old = batch.members.get(position=1)
    shown = section_of(maker.get(address(batch))).one("form", data_action="run-again")
    (form,) = [form for form in spending(maker.get(address(batch))) if form.mark == "run-again"]
    assert shown["hx-target"] == f"#batch-{batch.pk}"
    there = HTMX | {"HX-Target": f"batch-{batch.pk}", "HX-Current-URL": f"http://testserver{address(batch)}"}

    dear = maker.post(form.address, form.fields | {"price": "0.005"}, headers=there)
    assert (dear.status_code, dear["HX-Retarget"]) == (422, f"#generation-{old.pk}")
    card = Page(dear.content).one("article", id=f"generation-{old.pk}")
    assert card.one("form", data_action="run-again")["hx-target"] == f"#batch-{batch.pk}"
    for is_new in (True, False):
        answer = Page(maker.post(form.address, form.fields, headers=there).content)
        new = Batch.objects.latest("pk")
        assert [section["id"] for section in answer.all("section", data_batch=None)] == [
            f"batch-{new.pk}",
            f"batch-{batch.pk}",
        ]
        assert len(answer.all("section", hx_swap_oob="delete")) == (not is_new)
    assert [row.run_again_of for row in new.members] == [old]
    assert Generation.objects.count() == 5


@pytest.mark.parametrize("query", ["", "?cancelled", "?from=1", "#main"])
def test_on_its_own_page_the_new_click_has_its_own(maker: Client, alice: User, query: str) -> None:
    batch = a_click(alice)
    fail(batch, 1, 2)
    (form,) = [form for form in spending(maker.get(address(batch))) if form.mark == "run-again-batch"]
    there = HTMX | {"HX-Current-URL": f"http://testserver{address(batch)}{query}"}
    assert maker.post(form.address, form.fields, headers=there)["HX-Redirect"] == address(
        Batch.objects.latest("pk")
    )


@pytest.mark.parametrize(
    ("changes", "called", "axes"),
    [
        ([{"steps": 8}, {"steps": 9}], "Several requests", {}),
        (
            [{"model": "z-image-turbo"}, {"model": "chroma"}],
            "Several models",
            {"model": ["z-image-turbo", "chroma"]},
        ),
        ([{"prompt": "A bridge"}, {"prompt": "A ford"}], "Several words", {}),
        ([{"seed": 1}, {"seed": 2}], "Several seeds", {"seed": [1, 2]}),
        ([{}], "One request", {}),
    ],
)
def test_the_rest_that_is_run_again_is_called_by_what_it_is(
    maker: Client, alice: User, changes: list[dict[str, Any]], called: str, axes: dict[str, Any]
) -> None:
    """Whatever the click was that it is left of: a row of a matrix may be anything."""
    orders = [
        Order(operation=replace(BRIDGE, **each), price=Decimal("0.01")) for each in [{"seed": 3}, *changes]
    ]
    batch = Generation.objects.enqueue_batch(alice, orders, kind=Batch.Kind.MATRIX)[0][0].batch
    batch.cancel()
    rest = batch.members.filter(position__gte=1)
    batch.run_again(alice, dict.fromkeys(rest.values_list("pk", flat=True), Decimal("0.01")))
    new = Batch.objects.latest("pk")
    assert (new.called, new.axes) == (called, axes)
    page = maker.get(f"/batches/{new.pk}/", follow=True)
    facts = Page(page.content).all("dl", class_="batch-facts")
    assert [called in each.words for each in facts] == [True] * len(facts)


def test_what_may_have_been_charged_says_so(maker: Client, alice: User) -> None:
    batch = a_click(alice)
    fail(batch, 0, state=State.INTERRUPTED)

    form = section_of(maker.get(address(batch))).one("form", data_action="run-again-batch")

    assert "may be charged again" in form.words


def test_nothing_failed_is_409_and_garbled_forms_are_400(maker: Client, alice: User) -> None:
    batch = a_click(alice)
    assert maker.post(address(batch, "run-again")).status_code == 409
    assert maker.post(address(batch, "run-again"), {"submission": "x"}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_twenty_presses_of_run_again_are_one(
    django_db_serialized_rollback: None, alice: User, models_known: None
) -> None:
    batch = a_click(alice)
    fail(batch, 0, 1, 2)

    def press(number: int) -> tuple[int, str]:
        try:
            browser = Client()
            browser.force_login(alice)
            answer = browser.post(address(batch, "run-again"), {"submission": str(uuid.uuid4())})
            return answer.status_code, answer["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(press, range(20)))

    assert answers == {(303, address(Batch.objects.latest("pk")))}
    assert Generation.objects.count() == 7


class TestQueue:
    """One line for each click, which folds out."""

    def test_a_click_is_one_line_with_its_verbs(self, maker: Client, alice: User) -> None:
        single = a_generation(alice)
        batch = a_click(alice, 30)

        page = Page(maker.get("/queue/").content)

        line = page.one("section", data_batch=str(batch.pk))
        assert [card["data-generation"] for card in page.all("article")] == [str(single.pk)]
        assert line.one("span", data_progress=None).words == "30 waiting"
        assert "2nd in line" in line.words
        assert "A <b>bridge</b>" in line.words
        assert {form["data-action"] for form in line.all("form")} == {"pause-batch", "cancel-batch"}
        fold = line.one("details")["hx-get"]
        cards = Page(maker.get(fold, headers=HTMX).content)
        assert len(cards.all("article")) == 30
        assert maker.get(cards.all("div")[0]["hx-get"], headers=HTMX).status_code == 204

    def test_its_verbs_lead_back_or_draw_the_line_anew(self, maker: Client, alice: User) -> None:
        batch = a_click(alice)
        form = Page(maker.get("/queue/").content).one("form", data_action="pause-batch")
        target = {"HX-Target": f"batch-line-{batch.pk}", "HX-Current-URL": "http://testserver/queue/"}

        drawn = maker.post(form["action"], headers=HTMX | target)
        assert section_of(drawn)["id"] == f"batch-line-{batch.pk}"
        assert section_of(drawn)["data-state"] == "paused"
        back = maker.post(address(batch, "resume"), {"back": "queue"})
        assert back["Location"] == "/queue/"

    def test_the_poll_sees_what_becomes_of_it(self, maker: Client, alice: User) -> None:
        batch = a_click(alice)
        poll = Page(maker.get("/queue/").content).one(id="queue")["hx-get"]
        assert maker.get(poll, headers=HTMX).status_code == 204
        batch.pause()
        assert maker.get(poll, headers=HTMX).status_code == 200

    def test_the_gallery_has_the_same_line_which_asks_for_itself(self, maker: Client, alice: User) -> None:
        batch = a_click(alice)
        line = Page(maker.get("/").content).one("section", data_batch=str(batch.pk))
        assert maker.get(line["hx-get"], headers=HTMX).status_code == 204
        batch.cancel()
        ended = section_of(maker.get(line["hx-get"], headers=HTMX))
        assert "hx-get" not in ended

    def test_no_more_queries_for_many(self, maker: Client, alice: User, bob: User) -> None:
        counts = []
        for number in (2, 40):
            a_click(alice, number)
            a_click(bob, number)
            maker.get("/queue/")
            with CaptureQueriesContext(connection) as counted:
                maker.get("/queue/")
            counts.append(len(counted))
        assert counts[0] == counts[1]
