"""A click of many while it is worked off: kills inside it, pauses and cancels in the middle, turns that stay fair."""

import signal
from dataclasses import replace
from decimal import Decimal

import pytest

from gallery.models import Attempt, Batch, Generation, Hold, State, User
from gallery.models.queue import Order
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.generations import a_generation
from tests.gallery.pipeline.conftest import TINY, Installation, until

pytestmark = pytest.mark.usefixtures("models_known")


def a_click(owner: User, count: int, prompt: str = "A click") -> Batch:
    """One click of `count` tiny pictures, each with a seed of its own."""
    orders = [
        Order(operation=replace(TINY, prompt=f"{prompt} {seed}", seed=seed), price=Decimal("0.01"))
        for seed in range(1, count + 1)
    ]
    return Generation.objects.enqueue_batch(owner, orders)[0][0].batch


def states(batch: Batch) -> list[str]:
    return list(batch.members.values_list("state", flat=True))


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("point", "first", "posts"),
    [
        ("leased", State.QUEUED, 4),
        ("begun", State.INTERRUPTED, 3),
        ("renamed", State.DONE, 4),
        pytest.param("claiming", State.QUEUED, 4, marks=pytest.mark.long),
        pytest.param("beginning", State.QUEUED, 4, marks=pytest.mark.long),
        pytest.param("sent", State.INTERRUPTED, 4, marks=pytest.mark.long),
        pytest.param("rows-written", State.DONE, 4, marks=pytest.mark.long),
    ],
)
def test_a_kill_inside_a_click_and_a_pause_lose_nothing_and_pay_nothing_twice(
    installation: Installation, alice: User, point: str, first: State, posts: int
) -> None:
    batch = a_click(alice, 4)

    assert installation.work(WORKER_CONCURRENCY="1", GALLERY_FAILPOINT=point).wait() == -signal.SIGKILL
    assert batch.pause()
    worker = installation.work(WORKER_CONCURRENCY="1")
    until(lambda: states(batch)[0] == first, lambda: f"{states(batch)}\n{installation.logs()}")
    worker.ready()

    # Of what was not sent nothing is, for as long as it is paused.
    single = a_generation(alice, request={"width": 64, "height": 64, "model": TINY.model})
    installation.until_state(single, State.DONE)
    assert states(batch) == [first, *[State.QUEUED] * 3]

    assert batch.resume()
    installation.until_ended()
    worker.stop()

    installation.check()
    last = first if first == State.INTERRUPTED else State.DONE
    assert states(batch) == [last, *[State.DONE] * 3]
    asked = [call for call in installation.emulator.ledger() if call["path"] == "/image/generate"]
    assert len(asked) == posts + 1


@pytest.mark.parametrize("verb", ["pausing", "running-again"])
def test_a_verb_that_is_killed_has_not_happened(
    transactional_db: None, alice: User, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """Killed at its end, before it is committed: as when it was never pressed."""
    batch = a_click(alice, 3)
    if verb == "running-again":
        batch.members.filter(position=0).update(state=State.FAILED)
    before = list(Generation.objects.order_by("pk").values())

    def die(name: str) -> None:
        if name == verb:
            raise SystemExit

    monkeypatch.setattr("gallery.models.batch.failpoint", die)
    monkeypatch.setattr("gallery.models.queue.failpoint", die)
    prices = dict.fromkeys(batch.to_run_again.values_list("pk", flat=True), Decimal("0.01"))
    acts = {
        "pausing": batch.pause,
        "running-again": lambda: batch.run_again(alice, prices),
    }
    with pytest.raises(SystemExit):
        acts[verb]()

    assert list(Generation.objects.order_by("pk").values()) == before
    assert Batch.objects.get().paused_at is None


def test_a_pause_stops_exactly_what_was_not_sent(worker_process: WorkerProcess, alice: User) -> None:
    batch = a_click(alice, 4)
    sent, leased = worker_process.claim(), worker_process.claim()
    assert sent
    assert leased
    attempt = worker_process.sender.begin(sent)
    assert attempt

    assert batch.pause()
    assert not batch.pause()

    assert worker_process.sender.begin(leased) is None
    assert worker_process.claim() is None
    assert states(batch) == [State.SENDING, *[State.QUEUED] * 3]
    waiting = batch.members.queued()
    assert set(waiting.values_list("hold", "token", "worker")) == {(Hold.BATCH, None, None)}
    assert Attempt.objects.get() == attempt

    assert batch.resume()
    assert not batch.resume()
    assert worker_process.claim() == leased


def test_what_was_leased_in_the_very_moment_of_a_pause_waits_again(
    worker_process: WorkerProcess, alice: User
) -> None:
    batch = a_click(alice, 2)
    leased = worker_process.claim()
    assert leased
    # As a claim that had read the click before it was paused.
    Batch.objects.update(paused_at=batch.created_at)

    assert worker_process.sender.begin(leased) is None

    leased.refresh_from_db()
    assert (leased.state, leased.token, leased.hold) == (State.QUEUED, None, Hold.BATCH)
    assert not Attempt.objects.exists()


def test_a_cancel_in_the_middle_stops_exactly_what_was_not_sent(
    worker_process: WorkerProcess, alice: User
) -> None:
    batch = a_click(alice, 4)
    worker_process.step()
    leased = worker_process.claim()
    assert leased

    assert batch.cancel() == 3

    assert worker_process.sender.begin(leased) is None
    assert not worker_process.step()
    assert states(batch) == [State.DONE, *[State.CANCELLED] * 3]
    assert batch.cancel() == 0


def test_single_requests_go_before_a_click_of_many_and_members_take_turns(
    worker_process: WorkerProcess, alice: User, bob: User
) -> None:
    batch = a_click(alice, 3)
    single = a_generation(alice)
    other = a_generation(bob)
    line = [entry.pk for entry in Generation.objects.queued().in_service_order()]

    claimed = []
    while taken := worker_process.claim():
        claimed.append(taken.pk)

    first, *rest = list(batch.members.values_list("pk", flat=True))
    assert claimed == line
    assert set(claimed[:2]) == {single.pk, other.pk}
    assert claimed[2:] == [first, *rest]


def test_what_failed_is_run_again_once_and_at_the_agreed_price(alice: User, bob: User) -> None:
    batch = a_click(alice, 4)
    failed, doubtful, dismissed, done = batch.members
    now = batch.created_at
    for row, state in ((failed, "failed"), (doubtful, "interrupted"), (dismissed, "failed"), (done, "done")):
        Generation.objects.filter(pk=row.pk).update(state=state)
    Generation.objects.filter(pk=dismissed.pk).update(dismissed_at=now)
    prices = {failed.pk: Decimal("0.01")}

    made = batch.run_again(bob, prices)

    assert [row.run_again_of for row in made] == [failed]
    assert (made[0].owner, made[0].requested_by, made[0].seed) == (alice, bob, failed.seed)
    assert batch.run_again(bob, prices) == []
    assert list(batch.to_run_again) == [doubtful]
    assert batch.repeat() == made[0].batch
    assert batch.price == Decimal("0.04")
    failed.refresh_from_db()
    assert failed.dismissed_at
