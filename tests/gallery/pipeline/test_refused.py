"""One member's refused request is not everyone's: the others go on, and it ends by itself after a few sends."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from gallery.models import ACTIVE_STATES, Attempt, Gate, Generation, Hold, Outcome, State, User
from gallery.models.gate import BREAKER_FAILURES, MEMBER_FAILURES
from gallery.pipeline import gates
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.generations import a_generation
from tests.gallery.pipeline.checker import assert_sound
from tests.gallery.pipeline.conftest import Installation, queue, states, until
from tests.gallery.pipeline.test_gates import account
from venice import NotSent
from venice.emulator import Emulator
from venice.emulator.faults import FAULTS
from venice.retry import MOST_SENDS

pytestmark = pytest.mark.usefixtures("models_known")

#: Seconds: how long one answer may hold others (a block, with its jitter), and one round of the worker's chores.
LONGEST_HOLD, ROUND = 40, 5
#: Seconds after which even what is refused again and again has ended.
PATIENCE = 1500
#: Real waits of the emulator, made short.
SHORT = {"slow": "slow:0.1", "drip": "drip:0.1"}
MOMENTS: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (Generation, ("not_before", "behind_until", "created_at", "sent_at")),
    (Gate, ("until", "probed_at", "closed_at")),
    (Attempt, ("sent_at", "finished_at")),
    (User, ("served_at",)),
)


def let_pass(seconds: float) -> None:
    """Make all that is written down so much older, as if the time had passed."""
    for model, moments in MOMENTS:
        columns = {name: F(name) - timedelta(seconds=seconds) for name in moments}
        model.objects.update(**columns)


@dataclass
class Course:
    """A worker that makes one call at once, the probes, and a clock that need not be waited for."""

    worker_process: WorkerProcess
    now: float = 0
    asked: dict[int, float] = field(default_factory=dict)
    took: dict[int, float] = field(default_factory=dict)

    def ask(self, owner: User, **changes: Any) -> Generation:
        generation = queue(owner, **changes)
        self.asked[generation.pk] = self.now
        return generation

    def go_on(self, seconds: float = ROUND) -> None:
        """Work as long as something may be sent, ask Venice for free, and let a moment pass."""
        while self.worker_process.step():
            self._note()
        gates.probe(self.worker_process.sender.client)
        let_pass(seconds)
        self.now += seconds

    def _note(self) -> None:
        for pk in Generation.objects.exclude(state__in=ACTIVE_STATES).values_list("pk", flat=True):
            self.took.setdefault(pk, self.now - self.asked[pk])

    def until_ended(self, *wanted: Generation, seconds: float = PATIENCE) -> None:
        active = Generation.objects.filter(pk__in=[each.pk for each in wanted], state__in=ACTIVE_STATES)
        deadline = self.now + seconds
        while active.exists():
            assert self.now < deadline, f"{list(active.values('pk', 'state', 'hold', 'hold_words'))}"
            self.go_on(ROUND if seconds < PATIENCE else 4 * ROUND)


@pytest.fixture
def course(worker_process: WorkerProcess) -> Course:
    return Course(worker_process)


def sends(emulator: Emulator, generation: Generation) -> int:
    """How often it came to Venice, by Venice's own ledger."""
    return sum(entry["prompt"] == generation.request["prompt"] for entry in emulator.ledger())


def test_one_members_refused_request_keeps_nobody(installation: Installation, alice: User, bob: User) -> None:
    cat = queue(alice, "a cat behind", faults="403")
    worker = installation.work()
    until(cat.attempts.filter(outcome=Outcome.REFUSED).exists, installation.logs)
    dogs = [queue(alice, "an innocent dog"), queue(bob, "a dog of another one")]

    for dog in dogs:
        installation.until_state(dog, State.DONE)
    installation.until_state(cat, State.FAILED)

    assert cat.error_message == "Unauthorized access"
    assert "this request" in cat.error_advice
    assert "Check your API key" not in cat.error_advice
    assert sends(installation.emulator, cat) == cat.attempts.count() == 2
    assert not Gate.objects.exists()
    worker.stop()
    installation.check()


@pytest.mark.one_in(8)
@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_befalls_one_the_others_are_done_in_time(
    course: Course, alice: User, bob: User, emulator: Emulator, fault: str
) -> None:
    """Those who wait behind it and those who come while it is tried again; of its member, model, and others."""
    poisoned = course.ask(alice, faults=SHORT.get(fault, fault))
    innocent = []
    for _ in range(2):
        wave = [
            course.ask(owner, model=model)
            for owner, model in ((alice, "z-image-turbo"), (bob, "z-image-turbo"), (bob, "chroma"))
        ]
        course.until_ended(*wave, seconds=LONGEST_HOLD + ROUND)
        innocent += wave
    course.until_ended(poisoned)

    assert set(Generation.objects.filter(pk__in=[each.pk for each in innocent]).values_list("state")) == {
        (State.DONE,)
    }
    assert max(course.took[each.pk] for each in innocent) <= LONGEST_HOLD + ROUND
    assert 1 <= sends(emulator, poisoned) <= MOST_SENDS
    assert not Gate.objects.closed().for_all().exists()
    assert_sound(emulator.ledger())


@pytest.mark.one_in(2)
@pytest.mark.parametrize("fault", ["403", "402", "429-blocked", "429", "503", "500", "422"])
def test_alone_it_ends_by_itself(course: Course, alice: User, emulator: Emulator, fault: str) -> None:
    poisoned = course.ask(alice, faults=fault)

    course.until_ended(poisoned)

    poisoned.refresh_from_db()
    assert poisoned.state == State.FAILED
    assert poisoned.error_message
    assert poisoned.error_advice
    assert "Check your API key" not in poisoned.error_advice, "a probe has shown that it is good"
    assert "is tried again" not in poisoned.error_advice, "it has failed"
    wanted = {"403": 2, "402": 2, "500": 2, "422": 1}.get(fault, MOST_SENDS)
    assert sends(emulator, poisoned) == wanted


def test_many_poisoned_ones_of_a_member_leave_the_others_their_turns(
    course: Course, alice: User, bob: User, emulator: Emulator
) -> None:
    poisoned = [course.ask(alice, faults=fault) for fault in ("403", "429-blocked", "402", "503") * 2]
    innocent = [course.ask(bob) for _ in range(4)]

    course.until_ended(*innocent, seconds=len(innocent) * (LONGEST_HOLD + ROUND))
    course.until_ended(*poisoned)

    assert states() == {State.DONE: 4, State.FAILED: 8}
    assert max(sends(emulator, each) for each in poisoned) <= MOST_SENDS


def test_one_bound_holds_over_all_reasons(course: Course, alice: User, emulator: Emulator) -> None:
    faults = "403:times=1 429-blocked:times=2 503:times=3 500:times=4 402:times=9 429"
    poisoned = course.ask(alice, faults=faults)

    course.until_ended(poisoned)

    poisoned.refresh_from_db()
    assert poisoned.state == State.FAILED
    assert sends(emulator, poisoned) <= MOST_SENDS


def test_a_firewalls_refusal_is_this_requests_alone(course: Course, alice: User) -> None:
    refused, other = course.ask(alice, faults="403-html"), course.ask(alice)

    assert course.worker_process.step()

    refused.refresh_from_db()
    assert (refused.state, refused.error_kind) == (State.FAILED, "Forbidden")
    assert "in front of Venice" in refused.error_advice
    assert not Gate.objects.exists()
    assert course.worker_process.step()
    other.refresh_from_db()
    assert other.state == State.DONE


class TestKeyAndBalance:
    """What a free question proves, and for whom."""

    def test_who_was_refused_goes_behind_and_fails_the_second_time(
        self, worker_process: WorkerProcess, alice: User, bob: User
    ) -> None:
        cat = queue(alice, faults="403")
        User.objects.filter(pk=bob.pk).update(served_at=timezone.now())
        worker_process.step()
        assert Gate.objects.closed().get().kind == Gate.Kind.KEY
        others = [queue(bob), queue(alice)]

        gates.probe(worker_process.sender.client)
        assert not Gate.objects.exists()
        order = [worker_process.claim() for _ in range(3)]

        assert {each.pk for each in order[:2] if each} == {each.pk for each in others}
        assert order[2] == cat
        assert order[2] is not None
        worker_process.sender.see_through(order[2])
        cat.refresh_from_db()
        assert (cat.state, cat.error_message, cat.tries) == (State.FAILED, "Unauthorized access", 2)
        assert not Gate.objects.exists()

    def test_who_only_met_an_outage_is_made_after_it(
        self, course: Course, alice: User, bob: User, emulator: Emulator
    ) -> None:
        account(emulator, balance_usd=0)
        waiting = [course.ask(owner) for owner in (alice, bob, alice)]
        for _ in range(30):
            course.go_on()
        assert sum(sends(emulator, each) for each in waiting) == 1

        account(emulator, balance_usd=5)
        course.until_ended(*waiting, seconds=60)

        assert states() == {State.DONE: 3}

    def test_a_dear_one_does_not_keep_the_cheap_ones(
        self, course: Course, alice: User, bob: User, emulator: Emulator
    ) -> None:
        account(emulator, balance_usd=0.035)
        dear = course.ask(alice, variants=4)
        for _ in range(3):
            course.go_on()
        assert Gate.objects.closed().get().kind == Gate.Kind.BALANCE, "there may be credits soon"
        cheap = [course.ask(bob), course.ask(alice)]

        course.until_ended(*cheap, dear, seconds=35)

        assert max(course.took[each.pk] for each in cheap) <= 35
        dear.refresh_from_db()
        assert states() == {State.DONE: 2, State.FAILED: 1}
        assert (dear.state, dear.tries, dear.error_kind) == (State.FAILED, 2, "InsufficientBalance")
        assert "enough for others" in dear.error_advice
        assert "Add credits" in dear.error_advice
        assert not Gate.objects.exists()

    def test_what_staff_open_proves_nothing(self, worker_process: WorkerProcess, alice: User) -> None:
        cat = queue(alice, faults="403")
        worker_process.step()
        let_pass(3600)
        dog = queue(alice)

        gates.open_by_hand(Gate.objects.all())

        assert worker_process.claim() == dog, "never twice in a row the same"
        claimed = worker_process.claim()
        assert claimed == cat
        assert claimed is not None
        worker_process.sender.see_through(claimed)
        cat.refresh_from_db()
        assert cat.state == State.QUEUED
        assert Gate.objects.closed().get().kind == Gate.Kind.KEY

    def test_a_probe_says_nothing_of_who_is_refused_after_it_was_asked(
        self, worker_process: WorkerProcess, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        early, late = queue(alice, faults="403"), queue(alice, faults="403")
        first, second = worker_process.claim(), worker_process.claim()
        assert first is not None
        assert second is not None
        worker_process.sender.see_through(first)
        ask = worker_process.sender.client.rate_limits

        def slowly() -> dict[str, Any]:
            answer = ask()
            worker_process.sender.see_through(second)
            return answer

        monkeypatch.setattr(worker_process.sender.client, "rate_limits", slowly)
        gates.probe(worker_process.sender.client)

        early.refresh_from_db()
        late.refresh_from_db()
        assert (early.is_doubted, late.is_doubted) == (True, False)

    def test_others_answers_are_as_good_as_a_probe(self, worker_process: WorkerProcess, alice: User) -> None:
        cat = queue(alice, faults="403")
        worker_process.step()
        Gate.objects.all().delete()
        queue(alice)
        assert worker_process.step()

        assert worker_process.step()

        cat.refresh_from_db()
        assert (cat.state, cat.is_doubted) == (State.FAILED, False)
        assert not Gate.objects.exists()


class TestBusy:
    """A model's hold after one request's own trouble."""

    @pytest.mark.parametrize("fault", ["429-retry-after", "503", "429"])
    def test_a_model_that_answers_others_is_not_held_again(
        self, worker_process: WorkerProcess, alice: User, fault: str
    ) -> None:
        poisoned = queue(alice, faults=fault)
        worker_process.step()
        gate = Gate.objects.closed().get()
        assert (gate.kind, gate.model) == (Gate.Kind.BUSY, poisoned.model)
        let_pass(40)
        first = queue(alice)
        assert worker_process.claim() == first, "the refused one goes behind"
        Generation.objects.filter(pk=first.pk).update(token=None, worker=None)
        assert worker_process.step()

        assert worker_process.step()

        poisoned.refresh_from_db()
        assert (poisoned.state, poisoned.tries) == (State.QUEUED, 2)
        assert not Gate.objects.closed().exists()
        assert poisoned.not_before > timezone.now()


class TestBreaker:
    """Opens for many requests' failures, and is tried by one after the other."""

    def test_one_requests_own_failures_do_not_close_it(
        self, worker_process: WorkerProcess, alice: User
    ) -> None:
        poisoned = queue(alice, faults="429")
        for _ in range(MOST_SENDS):
            assert worker_process.step()
            Generation.objects.update(not_before=None)
            Gate.objects.filter(kind=Gate.Kind.BUSY).delete()

        assert poisoned.attempts.filter(status=429).count() == MOST_SENDS
        for _ in range(5):
            queue(alice, faults="422")
            assert worker_process.step()
        assert not Gate.objects.exists(), "twelve failures, of six requests"

    def test_it_is_tried_by_another_one_each_time(
        self, worker_process: WorkerProcess, alice: User, emulator: Emulator
    ) -> None:
        emulator.fault("429-blocked", times=-1)
        waiting = [queue(alice) for _ in range(3)]
        probes = []
        for _ in range(6):
            assert worker_process.step()
            assert not worker_process.step()
            probes.append(Attempt.objects.order_by("-id").values_list("generation", flat=True)[0])
            let_pass(41)

        assert probes == [each.pk for each in waiting] * 2

    def test_also_after_a_long_hold_and_before_newcomers_of_its_member(
        self, worker_process: WorkerProcess, alice: User
    ) -> None:
        Gate.objects.close(Gate.Kind.BREAKER, "many", until=Now() - timedelta(seconds=1))
        queue(alice, faults="429-blocked")
        assert worker_process.step()
        let_pass(3600)
        dog = queue(alice)

        assert worker_process.claim() == dog

    def test_a_slow_probe_or_one_that_is_only_to_be_stored_keeps_nobody(
        self, worker_process: WorkerProcess, alice: User
    ) -> None:
        Gate.objects.close(Gate.Kind.BREAKER, "many", until=Now() - timedelta(seconds=1))
        queue(alice), queue(alice)
        probe = worker_process.claim()
        assert probe is not None
        attempt = worker_process.sender.begin(probe)
        assert attempt is not None
        assert worker_process.claim() is None
        gone = Generation.objects.filter(pk=probe.pk)
        gone.update(worker=None, state=State.RECEIVED)
        assert gates.closed_to("here") is None, "its answer lies on a host that is gone"
        gone.update(worker=worker_process.heart.row, state=State.SENDING)
        assert gates.closed_to("here") is not None

        let_pass(36)

        assert worker_process.claim() is not None

    def test_a_whole_answer_opens_it_before_it_is_stored(
        self, worker_process: WorkerProcess, alice: User
    ) -> None:
        Gate.objects.close(Gate.Kind.BREAKER, "many", until=Now() - timedelta(seconds=1))
        queue(alice)
        probe = worker_process.claim()
        assert probe is not None
        attempt = worker_process.sender.begin(probe)
        assert attempt is not None
        with worker_process.spool.receive(attempt.pk) as sink:
            reply = worker_process.sender.client.send(probe.operation, sink)

        worker_process.answers.receive(probe, attempt, reply)

        assert not Gate.objects.exists()

    @pytest.mark.parametrize("faults", ["", "422"])
    def test_what_was_sent_before_the_hold_proves_nothing(
        self, worker_process: WorkerProcess, alice: User, faults: str
    ) -> None:
        queue(alice, faults=faults)
        early = worker_process.claim()
        assert early is not None
        attempt = worker_process.sender.begin(early)
        assert attempt is not None
        gate = Gate.objects.close(Gate.Kind.BREAKER, "many", until=Now())

        with worker_process.spool.receive(attempt.pk) as sink:
            reply = worker_process.sender.client.send(early.operation, sink)
        worker_process.answers.receive(early, attempt, reply)
        worker_process.answers.store(early, attempt)

        assert Gate.objects.get() == gate
        assert gates.half_open_breaker() == gate, "neither opened nor closed again"


class TestTurns:
    """The line that people see is the order of the claims, with those who go behind."""

    @pytest.mark.one_in(4)
    @pytest.mark.parametrize("seed", range(8))
    def test_the_queue_is_in_the_order_of_the_claims(
        self, worker_process: WorkerProcess, alice: User, bob: User, sally: User, seed: int
    ) -> None:
        draw = Random(seed)
        now = timezone.now()
        for owner in draw.sample([alice, bob, sally], 2):
            User.objects.filter(pk=owner.pk).update(served_at=now - timedelta(seconds=draw.randint(1, 99)))
        for _ in range(14):
            generation = queue(draw.choice([alice, bob, sally]), variants=draw.choice([1, 1, 2]))
            behind = draw.choice([None, None, -5, 600])
            if behind is not None:
                generation.behind_until = now + timedelta(seconds=behind)
                generation.save(update_fields=["behind_until"])

        order = [entry.pk for entry in Generation.objects.queued().in_service_order()]

        assert _claims(worker_process) == order
        late = set(Generation.objects.filter(behind_until__gt=now).values_list("pk", flat=True))
        assert set(order[len(order) - len(late) :]) == late

    def test_nobody_goes_behind_for_ever(self, worker_process: WorkerProcess, alice: User, bob: User) -> None:
        cat = queue(alice, faults="429-blocked:times=1")
        worker_process.step()
        Gate.objects.all().delete()
        let_pass(41 + 61)
        User.objects.filter(pk=bob.pk).update(served_at=timezone.now())
        queue(bob), queue(alice)

        assert worker_process.claim() == cat

    def test_what_could_not_be_sent_since_keeps_its_turn(self, alice: User) -> None:
        """It was refused before: that nothing could be sent brings it no further to the front."""
        late, token = timezone.now() + timedelta(seconds=30), uuid.uuid4()
        generation = a_generation(alice, state=State.SENDING, token=token, behind_until=late)
        error = NotSent("No route.")
        assert generation.requeue(token, error, hold=Hold.UNSENT, not_before=None, behind_until=None)
        generation.refresh_from_db()
        assert (generation.state, generation.token, generation.behind_until) == (State.QUEUED, None, late)


def _claims(worker_process: WorkerProcess) -> Iterable[int]:
    claimed = []
    while generation := worker_process.claim():
        claimed.append(generation.pk)
    return claimed


class TestMember:
    """A member whose requests are refused, each of them a new one."""

    def test_who_is_often_refused_waits_while_others_make_pictures(
        self, worker_process: WorkerProcess, alice: User, bob: User
    ) -> None:
        refused = [queue(alice, faults="400") for _ in range(MEMBER_FAILURES)]
        for _ in refused:
            assert worker_process.step()
        waiting, innocent = queue(alice), queue(bob)

        assert worker_process.step()
        innocent.refresh_from_db()
        assert innocent.state == State.DONE
        after = queue(bob)
        claimed = worker_process.claim()
        assert claimed == after, "the member's own picture waits behind"
        assert worker_process.claim() is None
        waiting.refresh_from_db()
        assert waiting.hold == Hold.MEMBER

    def test_alone_nobody_is_held_but_by_the_breaker(
        self, worker_process: WorkerProcess, alice: User
    ) -> None:
        for _ in range(BREAKER_FAILURES):
            queue(alice, faults="400")
            assert worker_process.step()
        queue(alice)
        assert worker_process.claim() is None
        assert Gate.objects.get().kind == Gate.Kind.BREAKER

    def test_a_new_request_of_a_refused_member_holds_nobody_who_was_answered(
        self, worker_process: WorkerProcess, alice: User, bob: User
    ) -> None:
        queue(alice, faults="503")
        assert worker_process.step()
        Gate.objects.all().delete()
        queue(bob)
        assert worker_process.step()
        queue(alice, faults="503")
        assert worker_process.step()

        assert not Gate.objects.exists(), "it is theirs, and holds itself alone"
        innocent = queue(bob)
        assert worker_process.claim() == innocent

    def test_the_probe_is_of_a_member_who_was_not_refused(
        self, worker_process: WorkerProcess, alice: User, bob: User
    ) -> None:
        queue(alice, faults="400")
        assert worker_process.step()
        Gate.objects.create(kind=Gate.Kind.BREAKER, reason="r", until=timezone.now() - timedelta(seconds=1))
        queue(alice)
        innocent = queue(bob)

        assert worker_process.claim() == innocent
