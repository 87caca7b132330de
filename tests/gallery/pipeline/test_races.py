"""Many workers on one queue: each generation is sent once, and the minute is never overdrawn."""

from datetime import datetime

import pytest
from django.db import transaction

from gallery.models import State, User
from tests.gallery.pipeline.conftest import Installation, queue, states, until


def _six_workers_share(installation: Installation, owner: User, count: int, seconds: float) -> None:
    workers = [installation.work(VENICE_REQUESTS_PER_MINUTE="6000") for _ in range(6)]
    for worker in workers:
        worker.ready()
    # In one transaction, so that all begin at once.
    with transaction.atomic():
        for number in range(count):
            queue(owner, f"number {number}", faults="violation")

    installation.until_ended(seconds)
    for worker in workers:
        worker.stop()

    assert states() == {State.DONE: count}
    assert len(installation.emulator.ledger()) == count
    assert sum(worker.text.count(": done, ") for worker in workers) == count
    shares = [worker.text.count(": done, ") for worker in workers]
    assert min(shares) > 0, shares
    logs = installation.logs()
    assert "locked" not in logs
    assert "not possible" not in logs
    installation.check()


@pytest.mark.long
def test_six_workers_send_each_generation_once(installation: Installation, alice: User) -> None:
    _six_workers_share(installation, alice, 100, 300)


@pytest.mark.long
@pytest.mark.minutes
def test_six_workers_empty_a_long_queue(installation: Installation, alice: User) -> None:
    _six_workers_share(installation, alice, 1000, 600)


@pytest.mark.long
@pytest.mark.minutes
def test_four_workers_keep_to_sixty_a_minute_and_use_them(installation: Installation, alice: User) -> None:
    for number in range(250):
        queue(alice, f"number {number}", faults="violation")

    workers = [installation.work(VENICE_REQUESTS_PER_MINUTE="60") for _ in range(4)]
    until(lambda: len(installation.emulator.ledger()) > 180, installation.logs, 240)
    for worker in workers:
        worker.stop()

    arrived = sorted(datetime.fromisoformat(entry["time"]) for entry in installation.emulator.ledger())
    closest = min((late - early).total_seconds() for early, late in zip(arrived, arrived[60:], strict=False))
    assert closest >= 60, f"61 images within {closest:.3f} s"
    used = 180 / (arrived[180] - arrived[0]).total_seconds()
    assert used >= 0.95, f"only {used:.1%} of the slots were used"
    installation.check(all_ended=False)
