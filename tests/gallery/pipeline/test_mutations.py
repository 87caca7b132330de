"""The tests would notice: each guard is taken out of a copy of the code, and a chosen test must fail."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.gallery.pipeline.conftest import ROOT


@dataclass(frozen=True)
class Mutation:
    """A text in a file, what it is replaced by, and the test that must not pass then."""

    name: str
    file: str
    old: str
    new: str
    test: str

    def __str__(self) -> str:
        return self.name


MUTATIONS = [
    Mutation(
        "the lease's compare-and-set",
        "gallery/models/lifecycle.py",
        'if not self._step(State.QUEUED, token=self.token, changes={**changes, "not_before": None}):',
        'if not self._step(*State, changes={**changes, "not_before": None}):',
        "tests/gallery/pipeline/test_machine.py --long -k that_slept_before_it_sent_does_not_send[leased-done-1]",
    ),
    Mutation(
        "asking again before the first byte",
        "gallery/pipeline/sender.py",
        "if not generation.is_sending():",
        "if False:",
        "tests/gallery/pipeline/test_machine.py -k slept_before_it_sent_does_not_send[begun-interrupted-0]",
    ),
    Mutation(
        "one image for each place of an answer",
        "gallery/migrations/0001_initial.py",
        "name='image_of_attempt_once'",
        "name='image_of_attempt_once', condition=models.Q(index__lt=0)",
        "tests/gallery/pipeline/test_worker.py::test_storing_an_answer_twice_gives_the_same_rows",
    ),
    Mutation(
        "one batch for each submission",
        "gallery/migrations/0010_kinds.py",
        'name="batch_submission_once"',
        'name="batch_submission_once", condition=models.Q(kind="nowhere")',
        "tests/gallery/models/test_batch.py -k takes_a_submission_once",
    ),
    Mutation(
        "the total deadline",
        "venice/deadlines.py",
        'ends = [(self._total_end - now, f"the whole answer did not come within {limits.total:g} s")]',
        "ends = [(3600.0, '')]",
        "tests/venice/test_deadlines.py",
    ),
    Mutation(
        "the decoder's list of formats",
        "gallery/media/thumbnails.py",
        "form = sniff(data)",
        'form = sniff(data) or "BMP"',
        "tests/gallery/pipeline/test_decoder.py -k no_sane_picture",
    ),
    Mutation(
        "the limit of pixels",
        "gallery/media/thumbnails.py",
        "if width * height > MAX_PIXELS:",
        "if False:",
        "tests/gallery/pipeline/test_decoder.py -k no_sane_picture",
    ),
    Mutation(
        "flushing before the rename",
        "gallery/pipeline/spool.py",
        "os.fsync(file.fileno())",
        "pass",
        "tests/gallery/pipeline/test_order.py",
    ),
    Mutation(
        "sending before the commit",
        "gallery/models/lifecycle.py",
        '"state": State.SENDING, ',
        "",
        "tests/gallery/pipeline/test_failpoints.py -k body-half-written",
    ),
]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_each_guard_stands_where_it_is_taken_out(mutation: Mutation) -> None:
    assert (ROOT / mutation.file).read_text().count(mutation.old) == 1, "change the mutation too"


@pytest.mark.long
@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_a_missing_guard_is_noticed(mutation: Mutation, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in ("gallery", "venice", "tests", "templates", "static", "manage.py", "pyproject.toml"):
        source, target = ROOT / name, copy / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(source, target) if source.is_file() else shutil.copytree(source, target)
    (copy / "staticfiles").mkdir()
    path, (test, *more) = copy / mutation.file, mutation.test.split(" -k ")
    code = path.read_text()
    before, output = _run(copy, test, *more)
    assert before == 0, output

    path.write_text(code.replace(mutation.old, mutation.new))

    after, output = _run(copy, test, *more)
    assert after == 1, f"nobody misses {mutation.name}:\n{output}"


def _run(folder: Path, test: str, *only: str) -> tuple[int, str]:
    """Exit status and output of these tests of a copy."""
    chosen = ["-k", only[0]] if only else []
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *test.split(), *chosen]
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout
