"""A database that the release before has filled becomes one of today: no row is lost, pages show what they showed."""

import hashlib
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from gallery import search
from gallery.models import Batch, Generation, Image, ImageDocument, User
from gallery.models.image import sort_price
from gallery.models.vocabulary import read_query
from gallery.search import index
from tests.gallery.page import Page
from tests.gallery.pipeline.test_kinds import EDIT
from venice import Generate, bundled_models

BEFORE, AFTER = ("gallery", "0009_worker_deaths"), ("gallery", "0062_price_by_model")
TABLES = (
    "user",
    "prompt",
    "generation",
    "attempt",
    "image",
    "gate",
    "worker",
    "catalogmodel",
    "catalogstyle",
)
STATES = ("queued", "sending", "received", "done", "failed", "interrupted", "cancelled")
GONE = {"submission", "resolution", "quality", "hold_reason"}
FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)

Rows = dict[str, dict[int, dict[str, Any]]]


@pytest.fixture
def empty(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """A database of its own without a table, which the default connection goes to."""
    with _another_database(tmp_path / "old.sqlite3") as other, _going_to(other):
        yield


@contextmanager
def _another_database(path: Path, *, like: str = "") -> Iterator[str]:
    """The name of a new database, empty or `like` another one that nobody is connected with."""
    if connection.vendor == "postgresql":
        other = f"old_{uuid.uuid4().hex}"
        _execute(f'CREATE DATABASE "{other}"' + (f' TEMPLATE "{like}"' if like else ""))
        try:
            yield other
        finally:
            _execute(f'DROP DATABASE "{other}"')
    else:
        if like:
            shutil.copy(like, path)
        yield str(path)


@contextmanager
def _going_to(other: str) -> Iterator[None]:
    """The default connection goes to that database."""
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = other
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def migrate(target: tuple[str, str]) -> Any:
    """The models as that migration knows them, once the database is there; other apps as they are today."""
    executor = MigrationExecutor(connection)
    others = [node for node in executor.loader.graph.leaf_nodes() if node[0] != "gallery"]
    plan = executor.migration_plan([target, *others])
    emit_pre_migrate_signal(0, False, connection.alias, plan=plan)
    executor.migrate([target, *others])
    apps = MigrationExecutor(connection).loader.project_state([target, *others]).apps
    emit_post_migrate_signal(0, False, connection.alias, apps=apps, plan=plan)
    return apps


class Recipe:
    """Fills the tables as they were: every state, stacks, failures, gates, holds, kept answers, lines of descent."""

    def __init__(self, apps: Any) -> None:
        self.models = {name: apps.get_model("gallery", name) for name in TABLES}
        self.number = 0
        self.people = [
            self.add(
                "user", username=name, is_staff=name == "sally", is_superuser=name == "sally", password="!"
            )
            for name in ("alice", "bob", "sally")
        ]
        for position, model in enumerate(model for model in bundled_models() if model.type == "image"):
            told = {"model_id": model.id, "name": model.name, "type": model.type, "privacy": model.privacy}
            raw = {"makes_images": model.takes_generate, "raw": model.raw, "synced_at": timezone.now()}
            self.add("catalogmodel", position=position, **told, **raw)
        self.add("catalogstyle", name="Anime", synced_at=timezone.now())
        self.worker = self.add("worker", name="w", host="h", process=1)
        self.add("gate", kind="busy", model="chroma", reason="Model is overloaded", until=timezone.now())
        self.add("gate", kind="pause", reason="Lunch")

    def add(self, table: str, **columns: Any) -> Any:
        return self.models[table].objects.create(**columns)

    def fill(self) -> None:
        pictures: list[Any] = []
        for state in STATES:
            for owner in self.people:
                pictures += self.story(owner, state, origin=pictures[-1] if pictures else None)
        failed = self.models["generation"].objects.filter(state="failed").first()
        self.story(self.people[0], "done", run_again_of=failed)
        self.story(self.people[1], "queued", hold_reason="the rate limit", not_before=timezone.now(), tries=2)
        self.story(
            self.people[1], "queued", behind_until=timezone.now(), is_doubted=True, error_kind="Forbidden"
        )
        self.story(self.people[2], "failed", dismissed_at=timezone.now(), error_kind="BadResponse", kept=True)
        self.story(self.people[2], "done", submission=None, error_kind="missing", kept=True, images=3)
        self.story(self.people[2], "done", is_content_violation=True, enhanced_prompt="grand", images=4)

    def story(
        self, owner: Any, state: str, *, kept: bool = False, images: int = 2, **columns: Any
    ) -> list[Any]:
        """One generation with all that belongs to it; its pictures."""
        self.number += 1
        text = f"prompt {1 + self.number % 5} of many"
        request = {
            "model": "chroma",
            "prompt": text,
            "seed": self.number,
            "variants": images,
            "format": "webp",
        }
        sized = {"aspect_ratio": "16:9", "resolution": "2K", "quality": "high"}
        request |= sized if self.number % 2 else {"width": 512, "height": 768, "steps": 12, "cfg_scale": 4.5}
        copied = {name: value for name, value in request.items() if name != "prompt"}
        at = FIRST + timedelta(hours=self.number)
        under_way = {"worker": self.worker, "token": uuid.uuid4()} if state in ("sending", "received") else {}
        ended = {"finished_at": at} if state in STATES[3:] else {}
        words = (
            {"error_message": f"words {self.number}", "error_advice": "advice"} if state == "failed" else {}
        )
        asked = {
            "owner": owner,
            "prompt": self.prompt(text),
            "request": request,
            "price_estimate": Decimal("0.02"),
        }
        told = {"submission": uuid.uuid4(), "created_at": at, "state": state, "venice_id": f"v{self.number}"}
        generation = self.add("generation", **(asked | copied | told | under_way | ended | words | columns))
        if state in ("queued", "cancelled"):
            return []
        attempt = self.attempt(generation, kept=kept)
        return self.pictures(generation, attempt, images) if state == "done" else []

    def prompt(self, text: str) -> Any:
        found = self.models["prompt"].objects
        row, _ = found.get_or_create(
            sha256=hashlib.sha256(text.encode()).hexdigest(), defaults={"text": text}
        )
        found.filter(pk=row.pk).update(
            generation_count=row.generation_count + 1,
            last_generation_id=self.number,
            last_used_at=timezone.now(),
        )
        return row

    def attempt(self, generation: Any, *, kept: bool) -> Any:
        aside = {"kept_bytes": 100, "kept_reason": "torn", "kept_until": timezone.now() + timedelta(days=9)}
        outcomes = {"done": "ok", "sending": "pending", "received": "pending"}
        return self.add(
            "attempt",
            generation=generation,
            token=generation.token or uuid.uuid4(),
            worker="w",
            host="h",
            model=generation.model,
            images_asked=generation.variants,
            sent_at=generation.created_at,
            finished_at=generation.created_at + timedelta(seconds=self.number),
            outcome=outcomes.get(generation.state, "unknown"),
            status=200,
            balance_before=Decimal("12.5"),
            price=generation.price_estimate,
            bytes=1000 + self.number,
            **(aside if kept else {}),
        )

    def pictures(self, generation: Any, attempt: Any, count: int) -> list[Any]:
        digests = [f"{100 * self.number + index:064x}" for index in range(count)]
        return [
            self.add(
                "image",
                attempt=attempt,
                generation=generation,
                index=index,
                seed=None if index else generation.seed,
                is_cover=index == 0,
                stack_size=count,
                sha256=digest,
                name=f"original/{digest[:2]}/{digest[2:4]}/{digest}.webp",
                format="webp",
                width=640,
                height=360,
                bytes=1234,
                recipe=2,
                owner=generation.owner,
                prompt=generation.prompt,
                model=generation.model,
                created_at=generation.created_at,
            )
            for index, digest in enumerate(digests)
        ]


def rows(apps: Any) -> Rows:
    """Everything, by table and id."""
    return {
        name: {row["id"]: row for row in apps.get_model("gallery", name).objects.order_by("id").values()}
        for name in TABLES
    }


@pytest.fixture(scope="module")
def recipe(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Rows]]:
    """The database of before, made once for those that are copied from it: its name, and what is in it."""
    path = tmp_path_factory.mktemp("before") / "old.sqlite3"
    with django_db_blocker.unblock(), _another_database(path) as other:
        with _going_to(other):
            apps = migrate(BEFORE)
            Recipe(apps).fill()
            made = rows(apps)
        with django_db_blocker.block():
            yield other, made


@pytest.fixture
def filled(
    transactional_db: None, recipe: tuple[str, Rows], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rows]:
    """The database of before, and what was in it. Portions are small, so that there are several."""
    monkeypatch.setattr(import_module("gallery.migrations.0011_batches"), "PORTION", 7)
    name, made = recipe
    with _another_database(tmp_path / "old.sqlite3", like=name) as other, _going_to(other):
        yield made


def prompt_of(tables: Rows, image: dict[str, Any]) -> str:
    return str(tables["prompt"][image["prompt_id"]]["text"])


def without_new(before: Rows, after: Rows) -> Rows:
    """`after` with the columns that both know."""
    columns = {name: set(next(iter(table.values()))) for name, table in before.items()}
    return {
        name: {pk: {k: v for k, v in row.items() if k in columns[name]} for pk, row in table.items()}
        for name, table in after.items()
    }


def test_every_row_is_carried_over(filled: Rows) -> None:
    after = rows(migrate(AFTER))

    expected = {
        name: {
            pk: {k: v for k, v in row.items() if name != "generation" or k not in GONE}
            for pk, row in t.items()
        }
        for name, t in filled.items()
    }
    assert without_new(filled, after) == expected
    assert len(after["generation"]) == 27
    for pk, old in filled["generation"].items():
        row = Generation.objects.select_related("batch").get(pk=pk)
        assert (row.kind, row.position, row.batch.owner_id) == ("generate", 0, row.owner_id)
        assert (row.batch.submission, row.batch.price) == (old["submission"], old["price_estimate"])
        assert (row.batch.created_at, row.batch.kind, row.batch.axes) == (row.created_at, "one", {})
        assert row.operation.payload() == old["request"]
    assert Batch.objects.count() == 27


def test_every_picture_is_in_the_index_and_has_its_price(filled: Rows) -> None:
    migrate(AFTER)
    assert filled["image"]
    assert set(ImageDocument.objects.values_list("pk", flat=True)) == set(filled["image"])
    for image in Image.objects.select_related("attempt", "prompt"):
        assert image.sort_price == sort_price(image.attempt.price)
        if image.prompt:
            words = search.parse(f'"{image.prompt.text}"')
            assert image in Image.objects.matching(words)


@pytest.mark.long
def test_terms_that_come_later_change_no_migration_before_them(
    filled: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later:
        later.setattr(index, "_TERMS", f"{index._TERMS} || ' :later:' || i.not_yet_there")
        later.setattr(index, "_IMAGE_COLUMNS", (*index._IMAGE_COLUMNS, "not_yet_there"))
        migrate(("gallery", "0040_sort_price"))
        migrate(("gallery", "0041_image_documents"))
    migrate(AFTER)

    made, pictures = filled["generation"], filled["image"].values()
    sally = User.objects.get(username="sally")

    def found(text: str) -> set[int]:
        return set(Image.objects.matching(read_query(text, sally)).values_list("pk", flat=True))

    def those(condition: Callable[[dict[str, Any], dict[str, Any]], bool]) -> set[int]:
        """Of a picture and its generation as they were."""
        return {image["id"] for image in pictures if condition(image, made[image["generation_id"]])}

    everything = {image["id"] for image in pictures}
    for text, expected in {
        "many model:chroma kind:generate size:640x360 format:webp": everything,
        "by:alice": those(lambda image, _: image["owner_id"] == sally.pk - 2),
        "steps:12 cfg:4.5": those(lambda _, asked: asked["steps"] == 12),
        "is:moderated": those(lambda _, asked: asked["is_content_violation"]),
        "enhanced:grand": those(lambda _, asked: asked["enhanced_prompt"] == "grand"),
        "price:0.02": everything,
        "-is:stacked": those(lambda image, _: image["stack_size"] == 1),
        f"on:{FIRST:%Y-%m}": everything,
    }.items():
        assert found(text) == expected, text
    assert 0 < len(found("steps:12")) < len(everything)
    assert documents() == rebuilt()
    # And what comes now is followed.
    Image.objects.filter(pk=min(everything)).update(format="png")
    assert found("format:png") == {min(everything)}


def documents() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT rowid, terms FROM {index.TABLE} ORDER BY rowid")
        return cursor.fetchall()


def rebuilt() -> list[tuple[Any, ...]]:
    index.rebuild(connection, max(Image.objects.values_list("pk", flat=True)))
    return documents()


@pytest.mark.long
@pytest.mark.one_database
def test_the_pages_show_what_they_showed(filled: Rows, client: Client) -> None:
    migrate(AFTER)
    sally = User.objects.get(username="sally")
    client.force_login(sally)

    def shown(address: str) -> str:
        answer = client.get(address)
        assert answer.status_code == 200, address
        return answer.content.decode()

    for pk, old in filled["generation"].items():
        html = shown(f"/generations/{pk}/")
        page = Page(html)
        assert old["state"] in page.values("data-state")
        assert html.count(old["request"]["prompt"]) >= 2
        for name, value in old["request"].items():
            if name != "prompt":
                assert name in page.values("data-parameter")
                assert str(value) in html
        assert old["error_message"] in html
        assert "$0.02" in page.words
        pictures = [image for image in filled["image"].values() if image["generation_id"] == pk]
        assert len(page.values("data-image")) == len(pictures)
        shown(f"/admin/gallery/generation/{pk}/change/")
    for pk, image in filled["image"].items():
        assert image["sha256"] in shown(f"/images/{pk}/")
    assert len(Page(shown("/")).values("data-image")) == sum(
        image["is_cover"] and not filled["generation"][image["generation_id"]]["is_content_violation"]
        for image in filled["image"].values()
    )
    states = Page(shown("/queue/")).values("data-state")
    assert {"queued", "sending", "received", "failed", "interrupted"} <= set(states)
    third = [i for i in filled["image"].values() if i["is_cover"] and "prompt 3 " in prompt_of(filled, i)]
    assert len(Page(shown("/?q=prompt+-1+-2+-4+-5")).values("data-image")) == len(third) > 0
    prompts = shown("/prompts/")
    for prompt in filled["prompt"].values():
        assert prompt["text"] in prompts
        shown(f"/prompts/{prompt['id']}/")
    for table in (*TABLES, "batch", "keptanswer", "upload"):
        shown(f"/admin/gallery/{table}/")


@pytest.mark.long
def test_new_ones_follow_and_old_forms_are_remembered(filled: Rows) -> None:
    migrate(AFTER)
    old = next(row for row in filled["generation"].values() if row["submission"])
    owner = User.objects.get(pk=old["owner_id"])

    asked = Generate(model="chroma", prompt="x")

    again, is_new = Generation.objects.enqueue(owner, asked, submission=old["submission"])
    assert (again.pk, is_new) == (old["id"], False)
    fresh, is_new = Generation.objects.enqueue(owner, asked, submission=uuid.uuid4())
    assert is_new
    assert fresh.batch_id > max(filled["generation"])


@pytest.mark.long
def test_it_goes_back_to_what_it_was(filled: Rows) -> None:
    migrate(AFTER)

    assert rows(migrate(BEFORE)) == filled

    assert len(rows(migrate(AFTER))["generation"]) == 27


@pytest.mark.long
def test_it_does_not_go_back_over_what_the_release_before_cannot_hold(filled: Rows) -> None:
    migrate(AFTER)
    edit, _ = Generation.objects.enqueue(User.objects.get(username="bob"), EDIT)

    with pytest.raises(RuntimeError, match=f"Generation {edit.pk} is of a kind"):
        migrate(BEFORE)

    migrate(AFTER)
    assert (Generation.objects.count(), Image.objects.count()) == (28, len(filled["image"]))
    assert Generation.objects.get(pk=edit.pk).batch.submission is None


@pytest.mark.long
def test_whoever_is_stopped_midway_goes_on(filled: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("gallery.migrations.0011_batches")
    portions = module.portions

    def stopped(apps: Any) -> Iterator[tuple[int, int]]:
        yield from list(portions(apps))[:2]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "portions", stopped)
        with pytest.raises(KeyboardInterrupt):
            migrate(AFTER)
    _execute("SELECT 1")

    after = rows(migrate(AFTER))
    assert {row["batch_id"] for row in after["generation"].values()} == set(filled["generation"])
    assert Batch.objects.count() == 27


LONG = "Venice is busy. " * 20
HOLDS = [
    ("", ("", "")),
    ("the rate limit", ("rate-limit", "")),
    ("3 requests of this member were refused within 60 s", ("member", "")),
    ("Lunch", ("pause", "Lunch")),
    ("No route to host", ("unsent", "No route to host")),
    ("Model is overloaded now", ("refused", "Model is overloaded now")),
    ("Overloaded", ("refused", "Overloaded")),
    (f"{LONG[:199]}…", ("refused", f"{LONG[:199]}…")),
    ("A gate that is open again", ("other", "A gate that is open again")),
]


@pytest.mark.long
def test_what_one_waits_for_becomes_a_code(empty: None) -> None:
    recipe = Recipe(migrate(BEFORE))
    for words, _ in HOLDS:
        recipe.story(recipe.people[0], "queued", hold_reason=words)
        attempt = recipe.attempt(recipe.models["generation"].objects.latest("pk"), kept=False)
        attempt.outcome = "unsent" if words == "No route to host" else "refused"
        attempt.error_kind, attempt.error_message = "Overloaded", words
        if words in ("Overloaded", "Lunch", "A gate that is open again"):
            attempt.error_message = ""
        elif words.endswith("…"):
            attempt.error_message = LONG
        attempt.save()

    migrate(AFTER)

    held = Generation.objects.order_by("pk").values_list("hold", "hold_words")
    assert list(held) == [hold for _, hold in HOLDS]
    back = migrate(BEFORE).get_model("gallery", "generation").objects.order_by("pk")
    assert list(back.values_list("hold_reason", flat=True)) == [words for words, _ in HOLDS]


@pytest.mark.long
def test_an_empty_database_migrates_both_ways(empty: None) -> None:
    migrate(AFTER)
    migrate(BEFORE)
    migrate(AFTER)
    assert not Generation.objects.exists()
