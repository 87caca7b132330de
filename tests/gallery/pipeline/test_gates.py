"""What holds generations back, what lets them go, and whose turn it is."""

import json
import socket
import urllib.request
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db.models.functions import Now
from django.utils import timezone

from gallery import catalog
from gallery.models import Attempt, Gate, Generation, Hold, Outcome, State, User
from gallery.pipeline import gates
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.generations import a_picture
from tests.gallery.pipeline.conftest import Installation, queue, states, until
from venice import Busy
from venice import Client as VeniceClient
from venice.emulator import Emulator
from venice.errors import Reach
from venice.retry import Decision

pytestmark = pytest.mark.usefixtures("models_known")


def account(emulator: Emulator, **changes: Any) -> None:
    """Change balance or key as the emulator's owner."""
    request = urllib.request.Request(
        f"{emulator.root_url}/_emulator/account",
        json.dumps(changes).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def test_without_credits_all_wait_until_there_are_some(
    worker_process: WorkerProcess, alice: User, emulator: Emulator
) -> None:
    account(emulator, balance_usd=0)
    first, second = queue(alice), queue(alice)
    worker_process.step()
    first.refresh_from_db()
    assert first.state == State.QUEUED
    assert not worker_process.step()
    gate = Gate.objects.closed().get()
    assert (gate.kind, gate.until) == (Gate.Kind.BALANCE, None)
    assert "balance" in gate.reason
    second.refresh_from_db()
    assert (second.hold, second.hold_words != "") == (Hold.BALANCE, True)

    gates.probe(worker_process.sender.client)
    assert Gate.objects.closed().exists(), "still no credits"
    account(emulator, balance_usd=5)
    gates.probe(worker_process.sender.client)
    assert Gate.objects.closed().exists(), "asked twice a minute at most"
    Gate.objects.update(probed_at=Now() - timedelta(seconds=31))
    gates.probe(worker_process.sender.client)

    assert not Gate.objects.exists()
    while worker_process.step():
        pass
    assert states() == {State.DONE: 2}
    assert [attempt.outcome for attempt in first.attempts.order_by("id")] == [Outcome.REFUSED, Outcome.OK]


def test_a_running_worker_opens_the_gate_by_itself(installation: Installation, alice: User) -> None:
    account(installation.emulator, balance_usd=0)
    generation = queue(alice)
    worker = installation.work()
    until(Gate.objects.closed().exists, installation.logs)

    account(installation.emulator, balance_usd=5)
    Gate.objects.update(probed_at=None)

    installation.until_state(generation, State.DONE)
    worker.stop()
    installation.check()


def test_a_wrong_key_holds_all_until_it_is_right(
    worker_process: WorkerProcess, alice: User, emulator: Emulator
) -> None:
    account(emulator, key="another")
    queue(alice)
    worker_process.step()
    assert Gate.objects.closed().get().kind == Gate.Kind.KEY
    gates.probe(worker_process.sender.client)
    assert not worker_process.step()

    account(emulator, key="test-key")
    Gate.objects.update(probed_at=None)
    gates.probe(worker_process.sender.client)

    assert worker_process.step()
    assert states() == {State.DONE: 1}


@pytest.mark.one_database
@pytest.mark.parametrize(
    "balances", [None, {}, {"USD": "5"}, {"USD": float("nan")}, {"USD": None}, [], {"USD": True}]
)
def test_a_probe_that_makes_no_sense_opens_nothing(alice: User, balances: Any) -> None:
    queue(alice)
    Generation.objects.update(price_estimate=2)

    assert not gates._has_credits({"balances": balances})


def test_a_probe_without_an_answer_proves_nothing(
    worker_process: WorkerProcess, alice: User, emulator: Emulator
) -> None:
    """The network fails after a 401: what cannot be asked about cannot be sent either; it goes on by itself."""
    account(emulator, key="another")
    generation = queue(alice)
    worker_process.step()
    assert Gate.objects.closed().get().kind == Gate.Kind.KEY
    account(emulator, key="test-key")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with VeniceClient("k", f"http://127.0.0.1:{unused.getsockname()[1]}/api/v1") as cut_off:
            gates.probe(cut_off)
    assert Gate.objects.closed().exists()
    assert worker_process.claim() is None
    assert generation.attempts.count() == 1

    Gate.objects.update(probed_at=Now() - timedelta(seconds=31))
    gates.probe(worker_process.sender.client)

    assert worker_process.step()
    assert states() == {State.DONE: 1}


def test_staff_may_pause_everything(worker_process: WorkerProcess, alice: User) -> None:
    queue(alice)
    Gate.objects.close(Gate.Kind.PAUSE, "We move house.")
    assert not worker_process.step()
    generation = Generation.objects.get()
    assert (generation.hold, generation.hold_words) == (Hold.PAUSE, "We move house.")

    Gate.objects.open(Gate.Kind.PAUSE)

    assert worker_process.step()


def _failures(worker_process: WorkerProcess, owner: User, count: int) -> None:
    for _ in range(count):
        queue(owner, faults="422")
    for _ in range(count):
        assert worker_process.step()


def test_ten_failures_stop_everything_and_one_probe_goes_on(
    worker_process: WorkerProcess, alice: User
) -> None:
    _failures(worker_process, alice, 9)
    assert not Gate.objects.exists()
    _failures(worker_process, alice, 1)
    gate = Gate.objects.closed().get()
    assert gate.kind == Gate.Kind.BREAKER
    queue(alice), queue(alice), queue(alice)
    assert not worker_process.step()

    Gate.objects.update(until=Now() - timedelta(seconds=1))
    probe = worker_process.claim()
    assert probe is not None
    assert worker_process.claim() is None, "one probe at a time, also while it is leased"
    attempt = worker_process.sender.begin(probe)
    assert attempt is not None
    assert worker_process.claim() is None, "and while it is sent"
    Attempt.objects.filter(pk=attempt.pk).update(outcome=Outcome.UNSENT)
    Generation.objects.filter(pk=probe.pk).update(state=State.QUEUED, token=None, worker=None)

    assert worker_process.step()
    assert not Gate.objects.exists(), "the probe came through"
    assert worker_process.step()
    assert worker_process.step()


def test_a_probe_that_fails_closes_the_breaker_again(worker_process: WorkerProcess, alice: User) -> None:
    _failures(worker_process, alice, 10)
    Gate.objects.update(until=Now() - timedelta(seconds=1))
    Attempt.objects.update(finished_at=Now() - timedelta(seconds=40))
    queue(alice, faults="422"), queue(alice)

    assert worker_process.step()

    assert Gate.objects.closed().get().kind == Gate.Kind.BREAKER
    assert not worker_process.step()


def test_a_block_stops_everything_for_its_time(worker_process: WorkerProcess, alice: User) -> None:
    first = queue(alice, faults="429-blocked:times=1")
    queue(alice)
    worker_process.step()

    gate = Gate.objects.closed().get()
    assert gate.kind == Gate.Kind.BREAKER
    assert gate.until is not None
    first.refresh_from_db()
    assert first.state == State.QUEUED
    assert not worker_process.step()


def test_a_busy_model_holds_only_its_own(worker_process: WorkerProcess, alice: User) -> None:
    queue(alice, faults="503")
    other = queue(alice, model="chroma")
    queue(alice)
    worker_process.step()

    assert worker_process.step()
    assert not worker_process.step()
    other.refresh_from_db()
    assert other.state == State.DONE


@pytest.mark.parametrize(("named", "held"), [(20, 20), (50, 30), (None, 30)])
def test_others_of_a_busy_model_wait_until_venice_takes_them(
    alice: User, named: int | None, held: int
) -> None:
    """And never longer than who met it, which comes a little later than it may."""
    now = timezone.now()
    error = Busy("full", retry_at=None if named is None else now + timedelta(seconds=named))
    decision = Decision("again", now + timedelta(seconds=30), Reach.MODEL)

    gates.after_failure(a_picture(alice).attempt, error, decision)

    gate = Gate.objects.closed().get()
    assert (gate.kind, gate.until) == (Gate.Kind.BUSY, now + timedelta(seconds=held))


def test_turns_go_round_and_singles_come_before_batches(
    worker_process: WorkerProcess, alice: User, bob: User
) -> None:
    batch = queue(alice, variants=2)
    of_alice = [queue(alice) for _ in range(3)]
    theirs = [queue(bob) for _ in range(2)]

    order = []
    while (claimed := worker_process.claim()) is not None:
        order.append(claimed.pk)

    wanted = [of_alice[0], theirs[0], of_alice[1], theirs[1], of_alice[2], batch]
    assert order == [generation.pk for generation in wanted]


def test_who_is_deactivated_waits_and_goes_on_later(worker_process: WorkerProcess, alice: User) -> None:
    generation = queue(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert not worker_process.step()
    User.objects.filter(pk=alice.pk).update(is_active=True)

    assert worker_process.step()
    generation.refresh_from_db()
    assert generation.state == State.DONE


def test_the_limit_counts_variants_leases_and_what_venice_says(
    worker_process: WorkerProcess, alice: User, settings: LazySettings
) -> None:
    from gallery.models import CatalogModel

    settings.VENICE_REQUESTS_PER_MINUTE = 5
    for _ in range(3):
        queue(alice, variants=2)
    assert worker_process.claim() is not None
    assert worker_process.claim() is not None
    assert worker_process.claim() is None, "4 of 5 are leased, 2 more do not fit"
    queue(alice)
    assert worker_process.claim() is not None, "but 1 does"
    CatalogModel.objects.update(rate_limit=20)
    assert worker_process.claim() is None, "a higher limit of Venice is not ours"
    Generation.objects.update(token=None, worker=None)
    CatalogModel.objects.update(rate_limit=2)
    assert worker_process.claim() is not None
    assert worker_process.claim() is None, "a lower one is"


def test_an_unlisted_model_makes_the_catalogue_due(worker_process: WorkerProcess, alice: User) -> None:
    assert not catalog.is_due()
    queue(alice, faults="404")

    worker_process.step()

    assert catalog.is_due()
