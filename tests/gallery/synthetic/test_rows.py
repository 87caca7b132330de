"""Pretend data: whole, believable, repeatable, and never money."""

import subprocess
import sys
from collections import Counter
from datetime import timedelta
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Max
from django.utils import timezone

from gallery import search
from gallery.media import thumbnails
from gallery.media.storage import thumbnail_name
from gallery.models import Attempt, Generation, Image, Outcome, Prompt, State, User
from gallery.synthetic import pictures, rows
from gallery.synthetic.words import RARE_WORD, phrases
from tests.gallery.generations import a_picture
from tests.venice.conftest import free_port
from venice import Generate, bundled_models

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Smaller pictures and batches, so that several batches are cheap."""

    def draw(prompt: str, shape: pictures.Shape, seed: int) -> pictures.Picture:
        width, height = shape
        return whole(prompt, (width // 8, height // 8), seed) | {"width": width, "height": height}

    whole = pictures._draw
    monkeypatch.setattr(pictures, "_draw", draw)
    monkeypatch.setattr(rows, "BATCH", 60)


def digest() -> list[Any]:
    """What the data holds, but for moments."""
    generations = Generation.objects.order_by("id").values_list(
        "id", "owner__username", "request", "total_ms", "prompt"
    )
    images = Image.objects.order_by("id").values_list("id", "generation", "index", "seed", "sha256", "color")
    tokens = Attempt.objects.order_by("id").values_list("id", "token")
    return [*generations, *images, *tokens]


def test_it_makes_exactly_so_many_whole_rows(db: None, small: None) -> None:
    call_command("fill_gallery", "--images", "500", stderr=StringIO())
    assert Image.objects.count() == 500
    generations = Generation.objects.annotate(
        got=Count("images", distinct=True), calls=Count("attempts", distinct=True)
    )
    assert not generations.exclude(got=F("variants"), calls=1, state=State.DONE, tries=1).exists()
    assert set(Generation.objects.values_list("variants", flat=True)) <= {1, 2, 3, 4}
    assert not Attempt.objects.exclude(
        outcome=Outcome.OK, status=200, images_asked=F("generation__variants")
    ).exists()
    assert Image.objects.covers().count() == Generation.objects.count()
    copied = {
        "owner": F("generation__owner"),
        "prompt": F("generation__prompt"),
        "model": F("generation__model"),
    }
    assert not Image.objects.exclude(**copied, style_preset=F("generation__style_preset")).exists()
    assert not Image.objects.exclude(stack_size=F("generation__variants")).exists()


def test_it_never_counts_as_money_and_nobody_can_sign_in(db: None, small: None) -> None:
    call_command("fill_gallery", "--images", "60", stderr=StringIO())
    for model in (Generation, Attempt, Image):
        assert not model._default_manager.exclude(emulated=True).exists()
    for user in User.objects.all():
        assert not user.is_active
        assert not user.has_usable_password()
        assert not user.is_staff


@pytest.mark.long
@pytest.mark.one_database
def test_the_requests_are_ones_that_venice_would_take(db: None, small: None) -> None:
    call_command("fill_gallery", "--images", "300", stderr=StringIO())
    models = {model.id: model for model in bundled_models()}
    for generation in Generation.objects.all():
        operation = Generate.from_payload(generation.request)
        model = models[operation.model]
        assert operation.payload() == generation.request
        assert operation == operation.for_model(model)
        assert operation.problems(model) == {}
        assert (operation.seed, operation.image_count) == (generation.seed, generation.variants)
        assert generation.prompt.text == operation.prompt
        first = generation.images.get(index=0)
        assert first.seed == (operation.seed if model.uses_seed else None)
        assert not generation.images.exclude(index=0).exclude(seed=None).exists()


@pytest.mark.long
def test_times_rise_within_two_years(db: None, small: None) -> None:
    call_command("fill_gallery", "--images", "300", stderr=StringIO())
    times = ("created_at", "sent_at", "headers_at", "received_at", "finished_at")
    before = timezone.now() - timedelta(days=731)
    for row in Generation.objects.order_by("id").values_list(*times):
        assert list(row) == sorted(row)
        assert before < row[0]
        assert row[-1] < timezone.now()
        before = row[0]
    parts = Generation.objects.filter(
        total_ms=F("queue_ms") + F("preprocessing_ms"), inference_ms__lt=F("total_ms")
    )
    assert parts.count() == Generation.objects.count()


@pytest.mark.long
def test_prompts_are_counted_and_found(db: None, small: None) -> None:
    call_command("fill_gallery", "--images", "400", stderr=StringIO())
    for prompt in Prompt.objects.annotate(uses=Count("generations"), newest=Max("generations")):
        assert (prompt.generation_count, prompt.last_generation_id) == (prompt.uses, prompt.newest)
        assert prompt.last_used_at == Generation.objects.get(pk=prompt.newest).created_at
    found = Prompt.objects.matching(search.parse(RARE_WORD))
    assert set(found) == set(Prompt.objects.filter(text__contains=RARE_WORD))
    assert found.count() > 0


def test_one_prompt_in_twenty_has_the_rare_word() -> None:
    source = phrases(Random(3))
    texts = [next(source) for _ in range(2_000)]
    assert sum(RARE_WORD in text.split() for text in texts) == 100
    assert sum(RARE_WORD in text for text in texts) == 100
    assert len(set(texts)) > 1_990
    assert min(map(len, texts)) < 60
    assert 300 < max(map(len, texts)) < 1_500


@pytest.mark.one_database
def test_files_are_shared_and_whole(db: None) -> None:
    call_command("fill_gallery", "--images", "30", stderr=StringIO())
    rows = {
        row["sha256"]: row
        for row in Image.objects.values("sha256", "name", "width", "height", "bytes", "format")
    }
    assert 1 < len(rows) < 30
    for row in rows.values():
        with default_storage.open(row["name"]) as file:
            data = file.read()
        decoded = thumbnails.decode(data)
        told = (row["bytes"], row["format"], row["width"], row["height"])
        assert told == (len(data), decoded.format, decoded.width, decoded.height)
        for size in (512, 256):
            assert default_storage.exists(thumbnail_name(row["sha256"], size))


@pytest.mark.long
@pytest.mark.one_database
def test_some_models_and_people_are_busier_than_others(db: None, small: None) -> None:
    call_command("fill_gallery", "--images", "2000", stderr=StringIO())
    models = Counter(Generation.objects.values_list("model", flat=True))
    assert len(models) > 15
    assert models.most_common(1)[0][1] > 5 * min(models.values())
    styles = Counter(Generation.objects.values_list("style_preset", flat=True))
    assert len(styles) > 15
    assert 0.4 < styles[""] / styles.total() < 0.8
    assert User.objects.count() >= 3


@pytest.mark.long
@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_the_same_seed_gives_the_same_data(small: None) -> None:
    found = []
    for seed in ("7", "7", "8"):
        call_command("flush", interactive=False, reset_sequences=True, verbosity=0)
        call_command("fill_gallery", "--images", "150", "--seed", seed, stderr=StringIO())
        found.append(digest())
    assert found[0] == found[1] != found[2]


def test_it_adds_to_what_is_there(db: None, small: None) -> None:
    for total in (80, 160):
        call_command("fill_gallery", "--images", "80", stderr=StringIO())
        assert Image.objects.count() == total
    assert not Prompt.objects.annotate(uses=Count("generations")).exclude(generation_count=F("uses")).exists()


def test_ordinary_rows_follow_after_it(small: None, alice: User) -> None:
    call_command("fill_gallery", "--images", "20", stderr=StringIO())
    newest = Image.objects.aggregate(newest=Max("pk"))["newest"]
    assert a_picture(alice).pk > newest


def test_it_tells_how_far_it_is(db: None, small: None) -> None:
    told, out = StringIO(), StringIO()
    call_command("fill_gallery", "--images", "20", stderr=told, stdout=out)
    assert "20 of 20 pictures" in told.getvalue()
    assert out.getvalue() == ""


@pytest.mark.parametrize("number", ["0", "-1", "abc", "1.5", "1e3", "", "10000001", "9" * 400, "٣", " 5"])
def test_a_bad_number_is_exit_2(db: None, number: str) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("fill_gallery", f"--images={number}")
    assert refusal.value.returncode == 2
    assert len(str(refusal.value).splitlines()) == 1
    assert not Generation.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "status"), [(["--images", "-1"], 2), (["--images", "abc"], 2), (["--images", "5"], 1)]
)
def test_the_command_line_refuses_in_one_line(tmp_path: Path, arguments: list[str], status: int) -> None:
    command = [sys.executable, "manage.py", "fill_gallery", *arguments]
    (tmp_path / "gallery.sqlite3").touch()
    (tmp_path / "secret_key").write_text("a-key-that-nobody-guesses-0123456789")
    environment = {"DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (status, "")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["fill_gallery", "--images", "5"], ["signin", "ana", "--create"]])
def test_a_server_that_cannot_be_reached_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    command = [sys.executable, "manage.py", *arguments]
    environment = {
        "DATA_DIR": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "SECRET_KEY": "a-key-that-nobody-guesses-0123456789",
        "DATABASE_URL": f"postgres://gallery@127.0.0.1:{free_port()}/gallery",
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("CommandError: The database cannot be used")
    assert "refused" in line
    assert "?." not in line


def test_an_interrupted_batch_leaves_no_halves(
    db: None, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(prompts: list[int]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rows, "_count_uses", fail)
    with pytest.raises(KeyboardInterrupt):
        call_command("fill_gallery", "--images", "20", stderr=StringIO())
    assert not Generation.objects.exists()
    assert not Prompt.objects.exists()
