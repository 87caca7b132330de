"""The queue's order and expected times, what holds it, the banner on every page, and what a run again may cost."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import Attempt, CatalogModel, Gate, Generation, Outcome, State, User, Worker
from gallery.models.service_order import Status
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.generations import MODEL, a_generation, pictures
from tests.gallery.page import Page

HTMX = {"HX-Request": "true"}
AGAIN = "Run again (may be charged again)"


def text(client: Client, address: str, **more: Any) -> str:
    response = client.get(address, **more)
    assert response.status_code == 200
    return Page(response.content).words


def shown(client: Client, address: str = "/queue/") -> list[int]:
    return [int(pk) for pk in Page(client.get(address).content).values("data-generation")]


def poll_of(client: Client) -> str:
    """The address at which the queue asks for itself again."""
    return Page(client.get("/queue/").content).one(id="queue")["hx-get"]


def a_call(generation: Generation, outcome: Outcome, **columns: Any) -> Attempt:
    known = {"worker": "w", "host": "attic", "model": generation.model, "price": Decimal("0.01")}
    sent = {"token": uuid.uuid4(), "sent_at": timezone.now(), "outcome": outcome}
    return Attempt.objects.create(generation=generation, **known | sent | columns)  # type: ignore[arg-type]


@pytest.fixture
def crowd(alice: User, bob: User, sally: User) -> list[Generation]:
    """Twelve waiting ones of three members, of whom one was served before and the others never; some are batches."""
    User.objects.filter(pk=bob.pk).update(served_at=timezone.now())
    owners = [alice, alice, bob, alice, sally, bob, alice, alice, sally, bob, alice, alice]
    return [
        a_generation(owner, f"number {number}", request={"variants": 1 + 3 * (number % 3 == 0)})
        for number, owner in enumerate(owners)
    ]


class TestOrder:
    """What is shown is what happens."""

    def test_the_line_is_the_order_in_which_a_worker_claims(
        self, worker_process: WorkerProcess, crowd: list[Generation]
    ) -> None:
        line = [entry.pk for entry in Generation.objects.queued().in_service_order()]
        claimed = []
        while waiting := Generation.objects.filter(token=None).next_in_turn():
            taken = worker_process.claim()
            assert taken == waiting
            claimed.append(waiting.pk)
        assert claimed == line
        assert len(line) == len(crowd)

    def test_a_batch_stands_back_for_a_minute_and_no_longer(
        self, worker_process: WorkerProcess, alice: User, bob: User
    ) -> None:
        batch = a_generation(alice, request={"variants": 4})
        singles = [a_generation(alice) for _ in range(3)]
        of_bob = a_generation(bob)
        others = [of_bob.pk, *(single.pk for single in singles[1:])]
        assert [entry.pk for entry in Generation.objects.queued().in_service_order()] == [
            singles[0].pk,
            *others,
            batch.pk,
        ]

        Generation.objects.filter(pk=batch.pk).update(created_at=timezone.now() - timedelta(seconds=61))

        line = [entry.pk for entry in Generation.objects.queued().in_service_order()]
        assert line == [batch.pk, of_bob.pk, *(single.pk for single in singles)]
        claimed = [worker_process.claim() for _ in line]
        assert [generation and generation.pk for generation in claimed] == line

    def test_the_running_come_first_and_the_held_last(self, alice: User, bob: User) -> None:
        held = a_generation(alice, not_before=timezone.now() + timedelta(hours=1))
        due = a_generation(alice)
        leased = a_generation(alice, token=uuid.uuid4())
        sending = a_generation(alice, state=State.SENDING)
        away = a_generation(bob)
        User.objects.filter(pk=bob.pk).update(is_active=False)
        line = [(entry.pk, Status(entry.status)) for entry in Generation.objects.active().in_service_order()]
        assert line == [
            (sending.pk, Status.RUNNING),
            (leased.pk, Status.LEASED),
            (due.pk, Status.DUE),
            (held.pk, Status.ON_HOLD),
            (away.pk, Status.ON_HOLD),
        ]

    def test_page_and_cards_show_the_same_places(
        self, client: Client, alice: User, crowd: list[Generation]
    ) -> None:
        client.force_login(alice)
        line = [entry.pk for entry in Generation.objects.queued().in_service_order()]
        assert shown(client) == line
        assert shown(client, "/") == line
        for place, pk in ((1, line[0]), (2, line[1]), (12, line[11])):
            ending = {1: "st", 2: "nd"}.get(place, "th")
            assert f"Queued, {place}{ending} in line" in text(client, f"/generations/{pk}/card/")


class TestExpectedTimes:
    """From the medians of what was answered, the workers alive, the pace and the gates."""

    @pytest.fixture(autouse=True)
    def answered(self, models_known: None, bob: User) -> None:
        now = timezone.now()
        for _ in range(7):
            sent = now - timedelta(minutes=5)
            a_call(
                a_generation(bob, state=State.DONE),
                Outcome.OK,
                sent_at=sent,
                finished_at=sent + timedelta(seconds=12),
            )

    def test_who_waits_is_told_when_it_is_ready(self, client: Client, alice: User) -> None:
        Worker.objects.create(name="w", host="here", process=1)
        for _ in range(5):
            a_generation(alice)
        sending = a_generation(alice, state=State.SENDING, sent_at=timezone.now() - timedelta(seconds=2))
        client.force_login(alice)
        page = text(client, "/queue/")
        assert "usually about 12 s" in page
        assert "1st in line · ready in about 12 s" in page
        # Four calls at once, one of which is nearly half done.
        assert "4th in line · ready in about 20 s" in page
        until = Page(client.get("/queue/").content).all("time", data_until=None)
        assert [each.words for each in until[:1]] == ["about 12 s"]
        assert all(each["title"].endswith(" UTC") for each in until)
        assert sending.pk == shown(client)[0]

    def test_a_full_minute_is_named(self, client: Client, alice: User) -> None:
        Worker.objects.create(name="w", host="here", process=1)
        CatalogModel.objects.filter(model_id=MODEL).update(rate_limit=1)
        a_call(a_generation(alice, state=State.DONE), Outcome.OK, finished_at=timezone.now())
        a_generation(alice)
        client.force_login(alice)
        assert "1st in line · held by the rate limit until about" in text(client, "/queue/")

    def test_without_a_worker_nothing_is_promised(self, client: Client, alice: User) -> None:
        a_generation(alice)
        client.force_login(alice)
        page = text(client, "/queue/")
        assert "No worker is running." in page
        assert "ready in" not in page

    def test_the_poll_is_silent_until_the_times_are_old(self, client: Client, alice: User) -> None:
        a_generation(alice)
        client.force_login(alice)
        poll = poll_of(client)
        digest, _, drawn = poll.removeprefix("/queue/?seen=").partition("-")
        old = f"/queue/?seen={digest}-{int(drawn) - 60}"
        assert client.get(poll, headers=HTMX).status_code == 204
        for address in (old, f"/queue/?seen={digest}", f"/queue/?seen={digest}-x", "/queue/?seen=%00-²"):
            assert client.get(address, headers=HTMX).status_code == 200


class TestGates:
    """A hold is shown with its reason and its end."""

    PAGES = ("/", "/?q=cat", "/create/", "/prompts/", "/queue/")

    def test_a_gate_for_all_is_told_on_every_page(self, client: Client, alice: User, sally: User) -> None:
        picture = pictures(alice)[0]
        Gate.objects.close(Gate.Kind.KEY, "Authentication <b>failed</b>")
        pages = (*self.PAGES, f"/images/{picture.pk}/", f"/generations/{picture.generation_id}/")
        for who in (alice, sally):
            client.force_login(who)
            for address in pages:
                page = Page(client.get(address).content)
                assert page.words.count("Nothing is sent") == 1, address
                assert "Venice refuses the API key" in page.words
                assert "Authentication <b>failed</b>" in page.words
                assert "which is asked every 30 s" in page.words
                assert ("/admin/gallery/gate/" in page.values("href")) == who.is_staff

    @pytest.mark.parametrize("kind", Gate.Kind.values)
    def test_each_kind_names_its_end(self, client: Client, alice: User, kind: str) -> None:
        client.force_login(alice)
        gate = Gate.objects.close(kind, "a reason")
        assert gate.hold, "what waits at it can say so"
        assert "Held until" in text(client, "/")
        gate.until = timezone.now() + timedelta(minutes=5)
        gate.save()
        assert f"Nothing is sent until {timezone.localtime(gate.until):%H:%M:%S}." in text(client, "/")
        gate.until = timezone.now() - timedelta(seconds=1)
        gate.save()
        assert "Nothing is sent" not in text(client, "/")

    def test_strangers_and_fragments_are_told_nothing(self, client: Client, alice: User) -> None:
        Gate.objects.close(Gate.Kind.PAUSE, "lunch")
        assert "lunch" not in text(client, "/accounts/login/")
        generation = a_generation(alice)
        client.force_login(alice)
        assert "lunch" not in text(client, f"/generations/{generation.pk}/card/")
        assert "in line · held" in text(client, f"/generations/{generation.pk}/card/")

    def test_a_busy_model_is_told_where_it_matters(self, client: Client, alice: User) -> None:
        a_generation(alice)
        Gate.objects.close(
            Gate.Kind.BUSY, "Overloaded", model=MODEL, until=timezone.now() + timedelta(minutes=1)
        )
        client.force_login(alice)
        assert "Nothing is sent" not in text(client, "/queue/")
        assert f"{MODEL} is held until" in text(client, "/queue/")
        assert "1st in line · held until" in text(client, "/")
        assert "Overloaded" not in text(client, "/prompts/")

    def test_closing_one_draws_the_queue_anew(self, client: Client, alice: User) -> None:
        client.force_login(alice)
        poll = poll_of(client)
        Gate.objects.close(Gate.Kind.PAUSE, "lunch")
        assert "Nothing is sent" in text(client, poll, headers=HTMX)

    def test_it_costs_one_query_and_a_fragment_none(self, client: Client, alice: User) -> None:
        generation = a_generation(alice, state=State.SENDING)
        Gate.objects.close(Gate.Kind.PAUSE, "lunch")
        client.force_login(alice)
        addresses = [(address, {}, 1) for address in self.PAGES]
        addresses += [("/", HTMX, 0), (f"/generations/{generation.pk}/card/?seen=x", HTMX, 0)]
        for address, headers, expected in addresses:
            with CaptureQueriesContext(connection) as asked:
                client.get(address, headers=headers)
            asks = [query["sql"] for query in asked if 'FROM "gallery_gate"' in query["sql"]]
            # The glance counts them among all else that it tells.
            asks = [sql for sql in asks if not sql.startswith("SELECT (")]
            assert len(asks) == expected, address


class TestRunningAgain:
    """Nobody pays twice without having read so."""

    @pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.PENDING])
    @pytest.mark.parametrize("state", [State.FAILED, State.INTERRUPTED])
    def test_what_may_have_been_charged_is_named(
        self, client: Client, alice: User, state: State, outcome: Outcome
    ) -> None:
        generation = a_generation(alice, state=state)
        a_call(generation, Outcome.REFUSED)
        a_call(generation, outcome)
        client.force_login(alice)
        for address in ("/queue/", f"/generations/{generation.pk}/", f"/generations/{generation.pk}/card/"):
            page = text(client, address)
            assert "May have been charged: $0.01" in page
            assert AGAIN in page
            assert "Dismiss" in page

    def test_several_doubtful_calls_add_up(self, client: Client, alice: User) -> None:
        generation = a_generation(alice, state=State.INTERRUPTED)
        for _ in range(2):
            a_call(generation, Outcome.UNKNOWN)
        client.force_login(alice)
        assert "May have been charged: $0.02 for 2 calls" in text(client, "/queue/")
        a_call(generation, Outcome.UNKNOWN, price=None)
        assert "May have been charged: price unknown for 3 calls" in text(client, "/queue/")

    @pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNSENT])
    def test_what_cost_nothing_costs_its_price(
        self, client: Client, alice: User, models_known: None, outcome: Outcome
    ) -> None:
        generation = a_generation(alice, state=State.FAILED)
        a_call(generation, outcome)
        client.force_login(alice)
        page = text(client, f"/generations/{generation.pk}/")
        assert "Nothing was charged." in page
        assert "Run again · $0.01" in page
        assert AGAIN not in page

    def test_what_was_saved_is_shown(self, client: Client, alice: User) -> None:
        saved = pictures(alice, count=2)
        Generation.objects.update(state=State.INTERRUPTED, variants=4)
        Attempt.objects.update(outcome=Outcome.UNKNOWN)
        client.force_login(alice)
        for address in ("/queue/", f"/generations/{saved[0].generation_id}/"):
            page = Page(client.get(address).content)
            assert page.values("data-image") == [str(picture.pk) for picture in saved]
            assert "2 of 4 saved" in page.words


class TestSilentHosts:
    """A received answer lies on the disk of one host."""

    @pytest.fixture
    def left(self, alice: User) -> Generation:
        early = timezone.now() - timedelta(minutes=16)
        generation = a_generation(alice, state=State.RECEIVED, received_at=early, token=uuid.uuid4())
        a_call(generation, Outcome.PENDING, status=200)
        return generation

    def test_it_is_shown_as_waiting_for_its_host(self, client: Client, alice: User, left: Generation) -> None:
        client.force_login(alice)
        for address in ("/queue/", "/", f"/generations/{left.pk}/", f"/generations/{left.pk}/card/"):
            assert "waiting for host attic" in text(client, address), address
        assert "Waiting for host: attic" in text(client, f"/generations/{left.pk}/")

    def test_not_while_the_host_is_heard_of_nor_before_its_time(self, left: Generation) -> None:
        known = Worker.objects.create(name="w", host="attic", process=1)
        assert not Generation.objects.waiting_for_hosts()
        assert not left.declare_interrupted()
        Worker.objects.filter(pk=known.pk).update(seen_at=timezone.now() - timedelta(minutes=16))
        assert Generation.objects.waiting_for_hosts().silent_hosts() == {left.pk: "attic"}
        Generation.objects.update(worker=known)
        assert not left.declare_interrupted(), "who holds it has not been declared dead"
        Generation.objects.update(worker=None, received_at=timezone.now())
        assert not left.declare_interrupted()

    def test_declaring_it_interrupted_works_once_and_says_what_it_may_have_cost(
        self, client: Client, alice: User, left: Generation
    ) -> None:
        assert left.declare_interrupted()
        assert not left.declare_interrupted()
        left.refresh_from_db()
        assert (left.state, left.token, left.error_kind) == (State.INTERRUPTED, None, "Unanswered")
        assert left.attempts.get().outcome == Outcome.UNKNOWN
        client.force_login(alice)
        page = text(client, f"/generations/{left.pk}/")
        assert "attic, of which nothing is heard" in page
        assert AGAIN in page

    @pytest.mark.parametrize("state", [state for state in State.values if state != State.RECEIVED])
    def test_nothing_else_can_be_declared(self, left: Generation, state: str) -> None:
        Generation.objects.update(state=state)
        assert not left.declare_interrupted()


def test_the_history_grows_while_one_looks(client: Client, alice: User) -> None:
    now = timezone.now()
    generation = a_generation(alice, state=State.SENDING, sent_at=now)
    a_call(generation, Outcome.PENDING, sent_at=now)
    client.force_login(alice)
    address = f"/generations/{generation.pk}/"
    (poll,) = Page(client.get(address).content).values("hx-get", f"{address}?")
    assert client.get(poll, headers=HTMX).status_code == 204
    Generation.objects.update(headers_at=now + timedelta(seconds=8.1))
    assert "Headers after 8.1 s" in text(client, poll, headers=HTMX)


def test_queries_do_not_grow_with_the_queue(
    client: Client, alice: User, bob: User, models_known: None, django_assert_max_num_queries: Any
) -> None:
    Worker.objects.create(name="w", host="here", process=1)
    client.force_login(alice)
    # The day's one write to the session, and this process' first look at the catalogue.
    client.get("/create/")

    def more(count: int) -> None:
        for number in range(count):
            owner = bob if number % 2 else alice
            a_generation(owner, f"cat {number}", state=State.SENDING, sent_at=timezone.now())
            a_generation(owner, f"dog {number}")
            broken = pictures(owner, f"owl {number}", state="interrupted")[0].generation
            a_call(broken, Outcome.UNKNOWN)
            Gate.objects.close(Gate.Kind.BUSY, "busy", model=f"model-{broken.pk}")

    more(2)
    card = Generation.objects.queued().latest("pk")
    counts = []
    for _ in range(2):
        for address in ("/queue/", "/", f"/generations/{card.pk}/", f"/generations/{card.pk}/card/?seen=x"):
            with django_assert_max_num_queries(14) as asked:
                client.get(address)
            counts.append(len(asked))
        more(12)
    assert counts[:4] == counts[4:]


class TestAllAtOnce:
    """Dismissing what was shown, and cancelling what waits: one's own, and for staff everybody's decisions."""

    def test_who_dismisses_what(self, client: Client, alice: User, bob: User, sally: User) -> None:
        mine = [a_generation(alice, state=state) for state in (State.FAILED, State.INTERRUPTED)]
        theirs = [a_generation(bob, state=State.FAILED) for _ in range(2)]
        rest = [a_generation(alice, state=state) for state in (State.QUEUED, State.DONE, State.CANCELLED)]
        client.force_login(alice)
        page = Page(client.get("/queue/").content)
        assert page.one("form", data_action="dismiss-all")["action"] == "/queue/dismiss/"
        named = [each["value"] for each in page.all("input", name="generation")]
        assert sorted(named) == sorted(str(row.pk) for row in mine)
        assert "Dismiss my 2" in page.words

        everything = [row.pk for row in (*mine, *theirs, *rest)]
        answer = client.post("/queue/dismiss/", {"generation": [*everything, "x", 9**20]}, follow=True)
        assert answer.redirect_chain == [("/queue/", 303)]
        assert "2 requests dismissed." in Page(answer.content).words
        dismissed = Generation.objects.filter(dismissed_at__isnull=False).values_list("pk", flat=True)
        assert set(dismissed) == {row.pk for row in mine}

        client.force_login(sally)
        assert "Dismiss all 2" in Page(client.get("/queue/").content).words
        client.post("/queue/dismiss/", {"generation": everything})
        assert set(dismissed.all()) == {row.pk for row in (*mine, *theirs)}

    def test_what_was_not_shown_is_not_dismissed(self, client: Client, alice: User) -> None:
        shown_ones = [a_generation(alice, state=State.FAILED) for _ in range(2)]
        client.force_login(alice)
        form = Page(client.get("/queue/").content)
        late = a_generation(alice, state=State.INTERRUPTED)
        client.post(
            "/queue/dismiss/", {"generation": [e["value"] for e in form.all("input", name="generation")]}
        )
        assert Generation.objects.needing_attention().get() == late
        stamp = Generation.objects.get(pk=shown_ones[0].pk).dismissed_at
        client.post("/queue/dismiss/", {"generation": shown_ones[0].pk})
        assert Generation.objects.get(pk=shown_ones[0].pk).dismissed_at == stamp, (
            "only the first stamp counts"
        )

    @pytest.mark.parametrize("kind", ["member", "staff"])
    def test_cancelling_is_of_ones_own_that_wait(
        self, client: Client, alice: User, bob: User, sally: User, kind: str
    ) -> None:
        who = alice if kind == "member" else sally
        waiting = [a_generation(who) for _ in range(3)]
        Generation.objects.filter(pk=waiting[0].pk).update(
            token=uuid.uuid4(), hold="refused", error_kind="Busy"
        )
        others = [
            a_generation(who, state=State.SENDING),
            a_generation(who, state=State.RECEIVED),
            a_generation(bob),
        ]
        client.force_login(who)
        page = Page(client.get("/queue/").content)
        assert page.one("form", data_action="cancel-mine")["action"] == "/queue/cancel/"
        answer = client.post("/queue/cancel/", follow=True)
        assert "3 requests cancelled." in Page(answer.content).words
        assert Generation.objects.filter(state=State.CANCELLED, token=None, error_kind="").count() == 3
        assert not waiting[0].begin(), "whoever had leased it cannot send it any more"
        states = Generation.objects.filter(pk__in=[row.pk for row in others]).order_by("pk")
        assert list(states.values_list("state", flat=True)) == [State.SENDING, State.RECEIVED, State.QUEUED]
        assert "0 requests cancelled." in Page(client.post("/queue/cancel/", follow=True).content).words

    def test_one_alone_has_its_own_button(self, client: Client, alice: User, bob: User) -> None:
        a_generation(alice), a_generation(bob), a_generation(alice, state=State.FAILED)
        client.force_login(alice)
        page = Page(client.get("/queue/").content)
        assert not page.all("form", data_action="dismiss-all")
        assert not page.all("form", data_action="cancel-mine")
