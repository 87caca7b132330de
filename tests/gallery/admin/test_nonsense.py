"""Nonsense that staff may send to the admin is no error of the server, and every link that the admin shows works."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Field, JSONField, Model, Transform
from django.test import Client
from django.urls import reverse

from gallery.models import CatalogModel, CatalogStyle, Gate, Generation, State, Tag, User, Worker
from gallery.search import MAX_QUERY
from gallery.web.requests import LINE_LIMIT
from tests.gallery.generations import a_generation, a_picture
from tests.gallery.page import Page

BEYOND = str(1 << 63)
EARLY, LATE = "0001-01-01 00:00+14:00", "9999-12-31 23:59-12:00"
VALUES = ["a\0b", "nonsense", BEYOND, f"-1,{BEYOND}", "9" * 4400, ""]
# What each lookup is asked for, of a column of each kind.
LOOKUPS = {
    "exact": [BEYOND, LATE],
    "gte": [BEYOND, EARLY],
    "in": [f"1,{BEYOND}"],
    "range": ["", "1", "x", ",", "1,2,3", f"{EARLY},{LATE}"],
    "isnull": ["nonsense"],
    "year": ["10000", BEYOND],
    "date": [LATE],
    "time": ["25:00"],
    "regex": ["("],
    "icontains": ["%("],
    "contains": ["x"],
    "has_keys": ["", "a"],
    "has_any_keys": [""],
    "nowhere": ["x"],
}
NAMES = [
    *(
        "q",
        "o",
        "p",
        "e",
        "all",
        "_to_field",
        "_popup",
        "_facets",
        "_changelist_filters",
        "nowhere",
        "_connector",
    ),
    *("pk", "pk__in", "id__gte", "owner", "owner__exact", "owner__in", "owner__id__exact", "owner__password"),
    *(
        "created_at__gte",
        "created_at__year",
        "created_at__regex",
        "prompt__text__regex",
        "attempt_time__year",
    ),
]
#: The short run asks a third of it all, spread over lists, names and values; the long one asks the rest.
PARTS = 3
PART = [0, *(pytest.param(part, marks=pytest.mark.long) for part in range(1, PARTS))]
GENERATIONS = "/admin/gallery/generation/"
ATTEMPTS = "/admin/gallery/attempt/"
USERS = "/admin/gallery/user/"


@dataclass(frozen=True)
class Asking:
    """One client of staff, whose requests leave nothing behind: what each was answered, and what broke."""

    client: Client
    counts: Counter[int] = field(default_factory=Counter)
    broken: list[tuple[str, str, str]] = field(default_factory=list)

    def get(self, address: str, **data: str) -> None:
        """Look at it."""
        self._ask("get", address, data)

    def post(self, address: str, **data: str) -> None:
        """Send a form."""
        self._ask("post", address, data)

    def _ask(self, method: str, address: str, data: dict[str, str]) -> None:
        with transaction.atomic():
            status = getattr(self.client, method)(address, data).status_code
            transaction.set_rollback(True)
        self.counts[status] += 1
        if status >= 500:
            self.broken.append((method, address[:80], ascii(data)[:80]))

    def check(self) -> None:
        """That some requests were answered, some refused, and none was an error."""
        assert {200, 302, 400} <= self.counts.keys()
        assert not self.broken, (dict(self.counts), len(self.broken), self.broken[:60])


@pytest.fixture
def asking(sally: User) -> Asking:
    client = Client(raise_request_exception=False)
    client.force_login(sally)
    return Asking(client)


def address_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def actions_of(shown: Any) -> list[str]:
    return [
        each if isinstance(each, str) else each.__name__
        for each in (*(shown.actions or ()), "delete_selected")
    ]


def filters_of(shown: Any) -> list[str]:
    """The names under which an address may hold what the list's filters offer."""
    named = [each[0] if isinstance(each, tuple) else each for each in shown.list_filter]
    return ["id", *(str(getattr(each, "parameter_name", f"{each}__exact")) for each in named)]


def columns() -> Iterator[tuple[str, str, "Field[Any, Any]"]]:
    """One column of each kind that any table has: the address of its list, its name and itself."""
    seen = set()
    for model in admin.site._registry:
        for column in model._meta.concrete_fields:
            if type(column) not in seen:
                seen.add(type(column))
                yield address_of(model), column.name, column


@pytest.fixture
def rows(sally: User, alice: User, models_known: None) -> None:
    """At least one row in every list, and two of what is drawn in the longest ones."""
    CatalogModel.objects.exclude(pk__in=list(CatalogModel.objects.values_list("pk", flat=True)[:2])).delete()
    CatalogStyle.objects.exclude(pk__in=list(CatalogStyle.objects.values_list("pk", flat=True)[:2])).delete()
    a_picture(alice)
    a_picture(sally)
    a_generation(alice)
    Tag.objects.called("hero", alice)
    Worker.objects.create(name="w", host="here", process=1)
    Gate.objects.close(Gate.Kind.DISK, "full")
    AccessAttempt.objects.create(username="x", ip_address="127.0.0.1", failures_since_start=1, path_info="/")


@pytest.mark.parametrize("part", PART)
def test_values_that_no_row_can_have(asking: Asking, rows: None, part: int) -> None:
    for place, (model, shown) in enumerate(admin.site._registry.items()):
        base, filters, actions = address_of(model), filters_of(shown), actions_of(shown)
        first = str(model._default_manager.values_list("pk", flat=True).first())
        for turn, value in enumerate(VALUES):
            if (place + turn) % PARTS != part:
                continue
            chosen, action = {ACTION_CHECKBOX_NAME: value}, actions[turn % len(actions)]
            asking.get(base, pk__exact=value)
            for name in filters if turn == 0 else [filters[turn % len(filters)]]:
                asking.get(base, **{name: value})
            for page in ("change", "history", "delete") if value else ():
                asking.get(f"{base}{quote(value)}/{page}/")
            asking.post(base, action=action, index="0", **chosen)
            asking.post(base, action=action, index=value, **{ACTION_CHECKBOX_NAME: first})
            asking.get(f"{base}{first}/change/", _to_field=value)
    asking.check()


def questions(first: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Addresses that somebody may write, and what they ask."""
    for name in NAMES:
        for value in VALUES:
            yield GENERATIONS, {name: value}
    for value in ("1e400", "٣", "-0", EARLY, LATE):
        for name in ("q", "o", "p", "pk", "created_at__gte", "created_at__year", "price_estimate__lt"):
            yield GENERATIONS, {name: value}
        for name in ("_popup", "_changelist_filters"):
            yield f"{GENERATIONS}{first}/change/", {name: value}
    for base, column, _ in columns():
        for lookup, values in LOOKUPS.items():
            for value in values:
                yield base, {f"{column}__{lookup}": value}
    for year in ("9999", "10000", BEYOND, "0", "x"):
        yield address_of(AccessAttempt), {"attempt_time__year": year, "attempt_time__month": "12"}


@pytest.mark.parametrize("part", PART)
def test_names_and_lookups_that_nobody_offers(asking: Asking, rows: None, part: int) -> None:
    first = Generation.objects.values_list("pk", flat=True)[0]
    asked = list(questions(first))
    Random(1).shuffle(asked)
    for address, data in asked[part::PARTS]:
        asking.get(address, **data)
    asking.check()


def lookups_of(column: "Field[Any, Any]") -> Iterator[str]:
    """Every lookup that Django knows for a column, and for what is taken from it: a day, a year, a value of JSON."""
    for name, kind in column.get_lookups().items():
        yield name
        if issubclass(kind, Transform):
            yield from (f"{name}__{lookup}" for lookup in ("in", "range", "isnull", "gt", "contains"))
    if isinstance(column, JSONField):
        for part in ("0", "key"):
            yield from (f"{part}__{name}" for name in column.get_lookups())


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_every_lookup_with_no_value_one_and_several(asking: Asking, rows: None, part: int) -> None:
    asked = [
        (base, {f"{name}__{lookup}": value})
        for base, name, column in columns()
        for lookup in lookups_of(column)
        for value in ("", "1", "x", ",", "1,2", "1,2,3")
    ]
    for address, data in asked[part::PARTS]:
        asking.get(address, **data)
    asking.check()


def test_nonsense_at_the_other_addresses(asking: Asking, rows: None, sally: User) -> None:
    user = ContentType.objects.get_for_model(User).pk
    source = {"app_label": "gallery", "model_name": "generation", "field_name": "owner"}
    for value in VALUES:
        for name in source:
            asking.get("/admin/autocomplete/", **{**source, name: value})
        for name in ("term", "page"):
            asking.get("/admin/autocomplete/", **{**source, name: value})
        asking.get("/admin/autocomplete/", **{**source, "field_name": "id"})
        asking.get("/admin/jsi18n/", language=value)
        asking.get("/admin/", next=value)
        words = quote(value or "0")
        for path in (f"r/{words}/1/", f"r/{user}/{words}/", f"{words}/", f"gallery/{words}/"):
            asking.get(f"/admin/{path}")
        asking.get(f"{USERS}{words}/password/")
        asking.post(f"{USERS}{words}/password/", password1=value, password2=value)
        asking.post(f"{USERS}{words}/signin-link/")
        asking.post(f"{USERS}add/", username=value, password1=value, password2=value, _popup=value)
        asking.post(f"{USERS}add/", username="nobody", _to_field=value, _popup="1")
        asking.post(
            f"{USERS}{sally.pk}/change/", username=value, first_name=value, last_name=value, _popup="1"
        )
        asking.post("/admin/password_change/", old_password=value, new_password1=value, new_password2=value)
        asking.post("/admin/gallery/gate/pause/", reason=value)
        asking.post(
            GENERATIONS,
            action="run_again",
            submission=value,
            price=value,
            confirmed=value,
            unpriced=value,
            **{ACTION_CHECKBOX_NAME: str(Generation.objects.values_list("pk", flat=True).first())},
        )
    asking.check()


@pytest.mark.one_database
def test_every_link_that_a_list_shows_works(
    asking: Asking, rows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filters, orders, pages and counts beside filters; one that Django does not understand leads to `?e=1`."""
    followed: dict[str, int] = {}
    monkeypatch.setattr(admin.site._registry[Generation], "list_per_page", 1)
    for model in admin.site._registry:
        base = address_of(model)
        assert asking.client.get(base, {"_popup": "1", "_to_field": "id"}).status_code == 200
        links = {each["href"] for each in Page(asking.client.get(base).content).all("a", href=None)}
        for link in sorted(each for each in links if each.startswith("?")):
            assert asking.client.get(f"{base}{link}").status_code == 200, (base, link)
            followed[base] = followed.get(base, 0) + 1
    assert followed.keys() == set(map(address_of, admin.site._registry))
    assert sum(followed.values()) > 100


def test_a_search_without_its_zero_byte_is_still_that_search(
    asking: Asking, alice: User, sally: User
) -> None:
    cat, _ = a_picture(alice, "a cat on a wall"), a_picture(sally, "a dog")
    for address, words, found in (
        ("/admin/gallery/image/", "ca\0t", [cat]),
        (GENERATIONS, "c\0at", [cat.generation]),
        (USERS, "\0alice", [alice]),
        (USERS, "al\0bert", []),
    ):
        assert list(asking.client.get(address, {"q": words}).context["cl"].result_list) == found, address


@pytest.mark.parametrize("address", ["/admin/gallery/image/", GENERATIONS, "/admin/gallery/prompt/", USERS])
def test_a_search_that_is_too_long_is_refused_in_words(asking: Asking, address: str, alice: User) -> None:
    """The longest in any script fits into an address, also as the sign-in page has it: escaped twice."""
    a_picture(alice, "a cat")
    assert asking.client.get(address, {"q": "寺" * MAX_QUERY}).context["cl"].query == "寺" * MAX_QUERY
    refused = asking.client.get(address, {"q": "寺" * (MAX_QUERY + 1)})
    assert f"at most {MAX_QUERY} characters (it has {MAX_QUERY + 1})" in Page(refused.content).words
    # What it would have found is unknown: a list of all rows, with boxes to tick, is none of it.
    assert list(refused.context["cl"].result_list) == []
    asking.client.logout()
    longest = asking.client.get(address, {"q": "寺" * MAX_QUERY})["Location"]
    assert len("GET  HTTP/1.1") + len(longest) <= LINE_LIMIT


def test_what_is_refused_is_said_and_does_nothing(asking: Asking, alice: User) -> None:
    waiting = a_generation(alice)
    chosen = [str(waiting.pk), BEYOND]
    data = {"action": "cancel", "index": "0", ACTION_CHECKBOX_NAME: chosen}
    answer = asking.client.post(GENERATIONS, data)
    assert answer.status_code == 400
    assert "Nothing was done" in Page(answer.content).words
    waiting.refresh_from_db()
    assert waiting.state == State.QUEUED
    assert asking.client.get(GENERATIONS, {"model": "a\0b"}).status_code == 400
    assert asking.client.get(GENERATIONS, {"prompt__text__regex": "(a+)+$"}).status_code == 400
    assert asking.client.get(ATTEMPTS, {"purged_indexes__has_keys": ""}).status_code == 400
    for data in ({"created_at__year": "10000"}, {"id__range": "5"}, {"seed__range": "1"}):
        answer = asking.client.get(GENERATIONS, data)
        assert (answer.status_code, answer["Location"]) == (302, f"{GENERATIONS}?e=1")


def test_a_stranger_is_asked_to_sign_in_whatever_they_send(client: Client, db: None) -> None:
    answer = client.get(GENERATIONS, {"model": "a\0b"})
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/login/")


def test_a_fault_of_ours_stays_one(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what was asked for by filters can be nonsense."""

    def broken(self: object, request: object) -> None:
        raise ValueError("a fault")

    monkeypatch.setattr("django.contrib.admin.views.main.ChangeList.get_results", broken)
    assert asking.client.get(GENERATIONS).status_code == 500
    assert asking.client.get(GENERATIONS, {"model": "x"})["Location"] == f"{GENERATIONS}?e=1"
