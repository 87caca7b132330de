"""The admin: who gets in, what is shown and escaped, what may be done, and that nothing else may."""

import uuid
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import LazySettings
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gallery import admin as pages
from gallery.admin import actions, read_only
from gallery.models import (
    Attempt,
    CatalogModel,
    Gate,
    Generation,
    Image,
    Outcome,
    Prompt,
    State,
    User,
    Worker,
)
from tests.gallery.generations import a_generation, a_picture
from tests.gallery.page import Element, Page
from venice.emulator import Emulator

NASTY = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{7*7}}\u202e'
LISTS = [
    reverse("admin:index"),
    *(
        f"/admin/gallery/{name}/"
        for name in (
            "generation",
            "attempt",
            "image",
            "prompt",
            "catalogmodel",
            "catalogstyle",
            "worker",
            "gate",
            "mark",
            "user",
        )
    ),
]
GENERATIONS = "/admin/gallery/generation/"


@pytest.fixture
def staff(client: Client, sally: User) -> Client:
    client.force_login(sally)
    return client


@pytest.fixture
def clerk(db: None) -> User:
    """Staff without being a superuser."""
    return User.objects.create_user("clerk", is_staff=True)


def act(client: Client, action: str, rows: list[Any], **more: Any) -> Any:
    data = {"action": action, "_selected_action": [row.pk for row in rows], "index": "0", **more}
    return client.post(GENERATIONS, data, follow=True)


def messages_of(answer: Any) -> str:
    return " ".join(each.words for each in message_lists(answer))


def message_lists(answer: Any) -> list[Element]:
    return Page(answer.content).all("ul", class_="messagelist")


class TestDoor:
    """One way in, the gallery's own."""

    @pytest.mark.one_in(4)
    @pytest.mark.parametrize("path", [*LISTS, "/admin/nothing/", "/admin/login/"])
    def test_strangers_are_sent_to_the_sign_in_page(self, client: Client, db: None, path: str) -> None:
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")

    @pytest.mark.parametrize("path", LISTS)
    def test_members_who_are_not_staff_are_refused(self, client: Client, alice: User, path: str) -> None:
        client.force_login(alice)
        assert client.get(path, follow=True).status_code == 403

    def test_who_came_for_the_admins_sign_in_lands_in_the_admin(self, staff: Client) -> None:
        answer = staff.get("/admin/login/?next=https://evil.example/")
        assert answer["Location"] == "/admin/"

    @pytest.mark.parametrize("path", LISTS)
    def test_staff_get_in_and_nothing_is_stored_by_browsers(self, staff: Client, path: str) -> None:
        answer = staff.get(path)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]

    @pytest.mark.parametrize("path", LISTS)
    def test_staff_who_are_no_superusers_get_in_too(self, client: Client, clerk: User, path: str) -> None:
        client.force_login(clerk)
        assert client.get(path).status_code == 200

    def test_the_index_says_where_things_are_and_warns_of_plain_http(
        self, staff: Client, settings: LazySettings
    ) -> None:
        assert "Cookies are not marked Secure" in staff.get("/admin/").content.decode()
        settings.HTTPS = True
        page = staff.get("/admin/").content.decode()
        assert "Cookies are not marked Secure" not in page
        assert "What is where" in page


class TestReadOnly:
    """Nobody edits a state by hand."""

    def test_no_gallery_table_takes_additions_changes_or_deletions(self, staff: Client, alice: User) -> None:
        picture = a_picture(alice)
        rows = [picture, picture.generation, picture.attempt, picture.prompt]
        rows += [Gate.objects.close(Gate.Kind.DISK, "full")]
        rows += [Worker.objects.create(name="w", host="here", process=1)]
        for row in rows:
            path = f"/admin/gallery/{row._meta.model_name}/"
            assert staff.get(f"{path}add/").status_code == 403
            assert staff.get(f"{path}{row.pk}/change/").status_code == 200
            assert staff.post(f"{path}{row.pk}/change/", {"state": "queued"}).status_code == 403
            assert staff.post(f"{path}{row.pk}/delete/", {"post": "yes"}).status_code == 403
            assert "delete_selected" not in staff.get(path).content.decode()
        picture.generation.refresh_from_db()
        assert picture.generation.state == State.DONE

    def test_only_users_have_forms(self) -> None:
        for model in (Attempt, CatalogModel, Gate, Generation, Image, Prompt, Worker):
            assert isinstance(admin.site._registry[model], read_only.ReadOnlyAdmin)

    def test_a_delete_action_that_is_made_up_does_nothing(self, staff: Client, alice: User) -> None:
        row = a_generation(alice)
        act(staff, "delete_selected", [row], post="yes")
        assert Generation.objects.filter(pk=row.pk).exists()


class TestEscaping:
    """Text of people and of Venice is inert on every page of the admin."""

    def test_markup_is_shown_and_never_run(self, staff: Client, alice: User) -> None:
        words = {"error_message": NASTY, "error_advice": NASTY, "enhanced_prompt": NASTY, "error_kind": "x"}
        row = a_generation(alice, NASTY, request={"style_preset": NASTY[:90]}, **words)
        picture = a_picture(alice, NASTY + "2")
        Attempt.objects.update(error_message=NASTY, cf_ray=NASTY[:90])
        CatalogModel.objects.create(
            model_id=NASTY,
            name=NASTY,
            type="image",
            raw={"id": NASTY},
            synced_at=datetime.now(UTC),
            makes_images=True,
        )
        pages = [*LISTS, f"{GENERATIONS}{row.pk}/change/", f"{GENERATIONS}?q=script"]
        pages += [
            f"/admin/gallery/{row._meta.model_name}/{row.pk}/change/"
            for row in (picture, picture.prompt, picture.attempt, CatalogModel.objects.get())
        ]
        for path in pages:
            answer = staff.get(path)
            text = answer.content.decode()
            assert answer.status_code == 200
            assert "<script>alert" not in text
            assert "<img src=x" not in text
            # Neither drawn as markup nor computed as a template.
            assert all(after[:2] != "49" for after in Page(text).text.split("onerror=alert(1)>")[1:])


class TestLists:
    """They search by the index, count no further than they must, and ask no more for more rows."""

    def test_search_finds_words_of_the_prompt(self, staff: Client, alice: User) -> None:
        castle, cat = a_generation(alice, "a red castle by the sea"), a_generation(alice, "a cat")
        for query, expected in (
            ("castle sea", [castle]),
            ("cas", [castle]),
            ("dog", []),
            (f"#{cat.pk}", [cat]),
        ):
            answer = staff.get(GENERATIONS, {"q": query})
            assert list(answer.context["cl"].result_list) == expected

    @pytest.mark.parametrize(
        "query", ['"', "'; --", "#99999999999999999999999", "*", "a" * 5000, "\x00", "NEAR("]
    )
    def test_odd_searches_are_only_searches(self, staff: Client, alice: User, query: str) -> None:
        a_generation(alice)
        for name in ("generation", "image", "prompt"):
            assert staff.get(f"/admin/gallery/{name}/", {"q": query}).status_code == 200

    @pytest.mark.parametrize("name", ["generation", "image", "prompt", "attempt"])
    def test_queries_do_not_grow_with_the_rows(self, staff: Client, alice: User, name: str) -> None:
        def count() -> int:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert staff.get(f"/admin/gallery/{name}/").status_code == 200
            return len(queries)

        a_picture(alice, "one")
        few = count()
        for number in range(12):
            a_picture(alice, f"prompt {number}")
        assert count() <= few

    def test_counting_stops_at_the_cap(
        self, staff: Client, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(read_only, "COUNT_CAP", 3)
        for number in range(6):
            a_generation(alice, f"prompt {number}")
        assert staff.get(GENERATIONS).context["cl"].result_count == 4

    def test_the_thumbnail_leads_to_the_picture(self, staff: Client, alice: User) -> None:
        picture = a_picture(alice)
        link = Page(staff.get(GENERATIONS).content).one("a", href=f"/images/{picture.pk}/")
        thumbnail = link.one("img")
        size = thumbnail["width"], thumbnail["height"]
        assert (thumbnail["src"], size) == (picture.thumbnail_256, ("72", "54"))

    def test_more_rows_than_the_cap_are_said_so(
        self, staff: Client, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(read_only, "COUNT_CAP", 3)
        for number in range(6):
            a_generation(alice, f"prompt {number}")
        assert "more than 3 generations" in " ".join(staff.get(GENERATIONS).content.decode().split())
        assert "1 generation" in staff.get(GENERATIONS, {"q": "prompt 2"}).content.decode()

    def test_generations_are_found_by_their_day(self, staff: Client, alice: User) -> None:
        today = timezone.now()
        for age in (0, 3, 20, 400):
            a_generation(alice, f"{age} days ago", created_at=today - timedelta(days=age))
        changelist = staff.get(GENERATIONS).context["cl"]
        (by_date,) = (spec for spec in changelist.filter_specs if spec.title == "created at")
        links = {choice["display"]: choice["query_string"] for choice in by_date.choices(changelist)}
        counts = {
            str(words): staff.get(GENERATIONS + link).context["cl"].result_count
            for words, link in links.items()
        }
        assert (counts["Any date"], counts["Today"], counts["Past 7 days"]) == (4, 1, 2)


class TestActions:
    """Listed, bounded, confirmed."""

    def test_cancelling_takes_only_what_waits(self, staff: Client, alice: User) -> None:
        waiting, sending = a_generation(alice), a_generation(alice, state=State.SENDING)
        assert "Cancelled: 1" in messages_of(act(staff, "cancel", [waiting, sending]))
        waiting.refresh_from_db()
        sending.refresh_from_db()
        assert (waiting.state, sending.state) == (State.CANCELLED, State.SENDING)

    def test_dismissing_stamps(self, staff: Client, alice: User) -> None:
        failed, done = a_generation(alice, state=State.FAILED), a_generation(alice, state=State.DONE)
        act(staff, "dismiss", [failed, done])
        failed.refresh_from_db()
        done.refresh_from_db()
        assert failed.dismissed_at
        assert done.dismissed_at is None

    def test_what_may_be_charged_already_is_said_before_it_is_run_again(
        self, staff: Client, alice: User, models_known: None
    ) -> None:
        failed, interrupted = (
            a_generation(alice, state=state) for state in (State.FAILED, State.INTERRUPTED)
        )
        interrupted.attempts.create(token=uuid.uuid4(), sent_at=timezone.now(), outcome="unknown")
        warning = "1 may have been charged already"

        assert warning not in act(staff, "run_again", [failed]).content.decode()
        assert warning in act(staff, "run_again", [failed, interrupted]).content.decode()

    def test_it_asks_about_those_that_were_not_run_again(
        self, staff: Client, sally: User, alice: User, models_known: None
    ) -> None:
        first, second, third = (a_generation(alice, state=State.INTERRUPTED) for _ in range(3))
        for row in (first, second, third):
            row.attempts.create(token=uuid.uuid4(), sent_at=timezone.now(), outcome="unknown")
        first.run_again(sally, price=None)
        text = act(staff, "run_again", [first, second, third]).content.decode()
        assert "Run 2 generations again?" in text
        assert "Yes, all 2" in text
        assert "2 may have been charged already" in text

    def test_running_again_asks_first_then_makes_new_ones_once(
        self, staff: Client, sally: User, alice: User, models_known: None
    ) -> None:
        failed = a_generation(alice, state=State.FAILED)
        asked = act(staff, "run_again", [failed])
        text = asked.content.decode()
        assert "Run 1 generation again?" in text
        assert "$0.01" in text
        assert Generation.objects.count() == 1
        form = {each["name"]: each["value"] for each in Page(text).all("input", type="hidden")}
        for _ in range(2):
            staff.post(GENERATIONS, form)
        new = Generation.objects.exclude(pk=failed.pk).get()
        failed.refresh_from_db()
        # As on the page: it stays its owner's, and who pressed is recorded.
        assert (new.owner, new.requested_by) == (alice, sally)
        assert (new.run_again_of, new.request) == (failed, failed.request)
        assert new.state == State.QUEUED
        assert failed.dismissed_at

    def test_running_again_keeps_to_the_pace(
        self, staff: Client, alice: User, settings: LazySettings
    ) -> None:
        settings.SUBMISSIONS_PER_MINUTE = 2
        rows = [a_generation(alice, f"prompt {number}", state=State.FAILED) for number in range(4)]
        answer = act(staff, "run_again", rows, confirmed="yes")
        assert "Queued again: 2" in messages_of(answer)
        assert "Try the rest again" in messages_of(answer)
        assert Generation.objects.queued().count() == 2

    def test_many_are_confirmed(self, staff: Client, alice: User) -> None:
        rows = [a_generation(alice, f"prompt {number}") for number in range(actions.FEW + 1)]
        asked = act(staff, "cancel", rows)
        assert "Yes, all 21" in asked.content.decode()
        assert Generation.objects.queued().count() == 21
        act(staff, "cancel", rows, confirmed="yes")
        assert Generation.objects.queued().count() == 0

    @pytest.mark.parametrize(
        ("count", "words"),
        [
            (
                1,
                (
                    "Run 1 generation again?",
                    "It costs",
                    "It is queued anew",
                    "It may have been charged",
                    "Yes ·",
                ),
            ),
            (
                2,
                (
                    "Run 2 generations again?",
                    "They cost",
                    "All are queued anew",
                    "Of these, 2 may",
                    "Yes, all 2 ·",
                ),
            ),
        ],
    )
    def test_one_and_many_have_their_words(
        self, staff: Client, alice: User, models_known: None, count: int, words: tuple[str, ...]
    ) -> None:
        rows = [a_generation(alice, f"prompt {n}", state=State.INTERRUPTED) for n in range(count)]
        for row in rows:
            columns = {"token": uuid.uuid4(), "worker": "w", "host": "h", "model": row.model}
            Attempt.objects.create(generation=row, sent_at=timezone.now(), outcome=Outcome.UNKNOWN, **columns)
        asked = " ".join(act(staff, "run_again", rows).content.decode().split())
        assert [each for each in words if each not in asked] == []

    def test_too_many_are_refused(self, staff: Client, alice: User) -> None:
        first = a_generation(alice)
        copies = []
        for position in range(actions.MANY):
            again = copy(first)
            again.pk, again.position = None, position + 1
            copies.append(again)
        Generation.objects.bulk_create(copies)
        answer = act(staff, "cancel", [first], select_across="1", confirmed="yes")
        assert "At most 1000 at once" in messages_of(answer)
        assert Generation.objects.queued().count() == actions.MANY + 1

    def test_nothing_fitting_is_said(self, staff: Client, alice: User) -> None:
        answer = act(staff, "cancel", [a_generation(alice, state=State.DONE)])
        assert "nothing was done" in messages_of(answer)

    def test_a_garbled_form_id_is_a_new_one(self, staff: Client, alice: User) -> None:
        failed = a_generation(alice, state=State.FAILED)
        act(staff, "run_again", [failed], confirmed="yes", submission="not a uuid")
        assert Generation.objects.queued().count() == 1


class TestSilentHosts:
    """`Declare interrupted`, for answers that lie where nobody is heard of."""

    @pytest.fixture
    def left(self, alice: User) -> Generation:
        long_ago = timezone.now() - timedelta(hours=1)
        generation = a_generation(alice, state=State.RECEIVED, received_at=long_ago)
        columns = {"token": uuid.uuid4(), "worker": "w", "host": "attic", "model": generation.model}
        Attempt.objects.create(generation=generation, sent_at=long_ago, **columns)
        return generation

    def test_it_asks_first_and_takes_only_those(self, staff: Client, alice: User, left: Generation) -> None:
        others = [a_generation(alice, state=state) for state in State.values if state != State.RECEIVED]
        asked = act(staff, "declare_interrupted", [left, *others]).content.decode()
        assert "Declare 1 generation interrupted" in asked
        left.refresh_from_db()
        assert left.state == State.RECEIVED
        answer = act(staff, "declare_interrupted", [left, *others], confirmed="yes")
        assert "Interrupted: 1" in messages_of(answer)
        left.refresh_from_db()
        assert (left.state, left.attempts.get().outcome) == (State.INTERRUPTED, Outcome.UNKNOWN)
        assert [other.state for other in others] == list(
            Generation.objects.exclude(pk=left.pk).order_by("pk").values_list("state", flat=True)
        )

    def test_not_when_the_host_is_heard_of(self, staff: Client, left: Generation) -> None:
        assert list(staff.get(GENERATIONS, {"waits": "host"}).context["cl"].result_list) == [left]
        Worker.objects.create(name="back", host="attic", process=1)
        assert "nothing was done" in messages_of(act(staff, "declare_interrupted", [left], confirmed="yes"))
        assert not staff.get(GENERATIONS, {"waits": "host"}).context["cl"].result_list


GATES = "/admin/gallery/gate/"


@pytest.mark.usefixtures("db")
class TestGates:
    """Pausing, resuming, opening."""

    def test_pausing_tells_everybody_why_and_resuming_ends_it(
        self, staff: Client, client: Client, alice: User
    ) -> None:
        assert "Pause all sending" in staff.get(GATES).content.decode()
        for reason, shown in (
            ("lunch <b>", "lunch &lt;b&gt;"),
            ("until\x00 two\n" + "x" * 900, "until  two x"),
        ):
            staff.post(f"{GATES}pause/", {"reason": reason}, follow=True)
            member = Client()
            member.force_login(alice)
            assert shown in member.get("/").content.decode()
        gate = Gate.objects.get()
        assert (gate.kind, gate.model, gate.until) == ("pause", "", None)
        assert len(gate.reason) <= 200
        assert "Pause all sending" not in staff.get(GATES).content.decode()
        assert "Sending goes on" in messages_of(staff.post(f"{GATES}resume/", follow=True))
        assert "was not paused" in messages_of(staff.post(f"{GATES}resume/", follow=True))
        assert not Gate.objects.exists()

    def test_a_pause_without_a_reason_names_who_did_it(self, staff: Client) -> None:
        staff.post(f"{GATES}pause/", {"reason": "  "})
        assert Gate.objects.get().reason == "paused by sally"

    def test_open_now_opens_the_chosen_ones(self, staff: Client) -> None:
        key = Gate.objects.close(Gate.Kind.KEY, "refused")
        until = timezone.now() + timedelta(minutes=5)
        busy = Gate.objects.close(Gate.Kind.BUSY, "busy", model="chroma", until=until)
        page = staff.get(GATES).content.decode()
        assert "which is asked every 30 s" in page
        assert "chroma" in page
        chosen = {"action": "open_now", "_selected_action": [key.pk], "index": "0"}
        assert "Venice refuses the API key" in messages_of(staff.post(GATES, chosen, follow=True))
        assert list(Gate.objects.all()) == [busy]

    def test_what_is_open_since_its_time_came_is_not_listed(self, staff: Client) -> None:
        now = timezone.now()
        over, ahead = now - timedelta(minutes=5), now + timedelta(minutes=5)
        Gate.objects.close(Gate.Kind.BUSY, "long over", model="chroma", until=over)
        Gate.objects.close(Gate.Kind.BUSY, "still busy", model="lustify", until=ahead)
        Gate.objects.close(Gate.Kind.BREAKER, "ten failed", until=over)
        assert [gate.reason for gate in staff.get(GATES).context["cl"].result_list] == [
            "ten failed",
            "still busy",
        ]
        assert "one goes to try" in staff.get(GATES).content.decode()

    def test_one_that_closes_anew_is_closed_since_then(self) -> None:
        now = timezone.now()
        gate = Gate.objects.close(Gate.Kind.BUSY, "busy", model="chroma", until=now - timedelta(minutes=5))
        Gate.objects.update(closed_at=now - timedelta(hours=1))
        again = Gate.objects.close(Gate.Kind.BUSY, "busy", model="chroma", until=now + timedelta(minutes=5))
        assert (again.pk, again.closed_at >= now) == (gate.pk, True)
        longer = Gate.objects.close(Gate.Kind.BUSY, "busy", model="chroma", until=now + timedelta(minutes=9))
        assert longer.closed_at == again.closed_at

    @pytest.mark.parametrize("button", ["pause", "resume"])
    def test_the_buttons_need_a_post_of_staff(self, staff: Client, alice: User, button: str) -> None:
        assert staff.get(f"{GATES}{button}/").status_code == 405
        member = Client()
        member.force_login(alice)
        assert member.post(f"{GATES}{button}/", follow=True).status_code == 403
        assert not Gate.objects.exists()


class TestPulse:
    """Whether anybody works, at a glance."""

    def test_the_index_tells_of_workers_and_of_what_waits(self, staff: Client, alice: User) -> None:
        assert "No worker is alive" in staff.get("/admin/").content.decode()
        Worker.objects.create(name="a", host="here", process=1)
        silent = Worker.objects.create(name="b", host="attic", process=2)
        Worker.objects.filter(pk=silent.pk).update(seen_at=timezone.now() - timedelta(minutes=2))
        oldest = a_generation(alice)
        a_generation(alice)
        page = staff.get("/admin/").content.decode()
        assert "1 worker alive" in page
        assert "newest heartbeat" in page
        assert f"{oldest}</a> since" in page

    def test_workers_show_what_they_have_in_hand(self, staff: Client, alice: User) -> None:
        worker = Worker.objects.create(name="a", host="here", process=1)
        for state in ("queued", "sending", "sending", "received"):
            a_generation(alice, state=state, worker=worker)
        page = Page(staff.get("/admin/gallery/worker/").content)
        counts = [page.one("td", class_=f"field-{name}").words for name in ("leased", "sending", "storing")]
        assert counts == ["1", "2", "1"]

    def test_attempts_are_found_by_outcome_host_and_kind(self, staff: Client, alice: User) -> None:
        first, second = a_picture(alice).attempt, a_picture(alice).attempt
        Attempt.objects.filter(pk=second.pk).update(
            host="attic", outcome=Outcome.REFUSED, error_kind="ModelGone"
        )
        for query in ({"host": "attic"}, {"error": "ModelGone"}, {"outcome__exact": "refused"}):
            changelist = staff.get("/admin/gallery/attempt/", query).context["cl"]
            assert list(changelist.result_list) == [second], query
        assert list(staff.get("/admin/gallery/attempt/", {"host": "h"}).context["cl"].result_list) == [first]


class TestCatalogue:
    """`Sync now`."""

    def test_it_fetches(self, staff: Client, emulator: Emulator) -> None:
        answer = staff.post("/admin/gallery/catalogmodel/sync/", follow=True)
        assert "Venice offers" in messages_of(answer)
        assert CatalogModel.objects.for_images().exists()

    def test_looking_at_its_address_does_not(self, staff: Client) -> None:
        assert staff.get("/admin/gallery/catalogmodel/sync/").status_code == 405
        assert staff.get("/admin/gallery/catalogmodel/").content.decode().count("Sync now") == 1

    def test_silence_keeps_what_is_there(
        self, staff: Client, models_known: None, settings: LazySettings
    ) -> None:
        settings.VENICE_BASE_URL, settings.VENICE_API_KEY = "http://127.0.0.1:1/api/v1", "key"
        answer = staff.post("/admin/gallery/catalogstyle/sync/", follow=True)
        assert "was not fetched" in messages_of(answer)
        assert CatalogModel.objects.for_images().exists()

    def test_members_may_not(self, client: Client, alice: User) -> None:
        client.force_login(alice)
        assert client.post("/admin/gallery/catalogmodel/sync/", follow=True).status_code == 403


USERS = "/admin/gallery/user/"


class TestMembers:
    """Inviting, deactivating, and what staff may not do to each other."""

    def add(self, client: Client, name: str, first: str = "", second: str | None = None) -> Any:
        data = {"username": name, "password1": first, "password2": first if second is None else second}
        return client.post(f"{USERS}add/", data, follow=True)

    def test_a_name_is_enough(self, staff: Client) -> None:
        self.add(staff, "dora")
        dora = User.objects.get(username="dora")
        assert not dora.has_usable_password()
        assert not dora.is_staff

    def test_a_password_is_checked_and_kept(self, staff: Client) -> None:
        password = " correct horse battery "
        self.add(staff, "dora", password)
        assert User.objects.get(username="dora").check_password(password)

    @pytest.mark.parametrize(
        ("first", "second"),
        [("short", None), ("x y" * 2000, None), ("correct horse battery", ""), ("", "x" * 12)],
    )
    def test_bad_passwords_make_nobody(self, staff: Client, first: str, second: str | None) -> None:
        answer = self.add(staff, "dora", first, second)
        assert "errornote" in answer.content.decode()
        assert not User.objects.filter(username="dora").exists()

    @pytest.mark.parametrize("name", ["admin\0", "SALLY", "ｓａｌｌｙ", "аdmin", "x" * 10_000, "", "a b"])
    def test_odd_names_make_nobody(self, staff: Client, name: str) -> None:
        assert "errornote" in self.add(staff, name).content.decode()
        assert User.objects.count() == 1

    def test_links_are_shown_once_and_work(self, staff: Client, alice: User) -> None:
        for path, data in (
            (USERS, {"action": "make_signin_links", "_selected_action": [alice.pk], "index": "0"}),
            (f"{USERS}{alice.pk}/signin-link/", {}),
        ):
            answer = staff.post(path, data, follow=True)
            (code,) = [code for messages in message_lists(answer) for code in messages.all("code")]
            link = code.words.removeprefix("http://127.0.0.1:8000")
            assert link.startswith("/signin/")
            assert "/signin/" not in staff.get(USERS).content.decode()
            assert Client().get(link).status_code == 200
        assert Client().post(link).status_code == 302

    def test_links_need_a_post(self, staff: Client, alice: User) -> None:
        assert staff.get(f"{USERS}{alice.pk}/signin-link/").status_code == 405

    def test_nobody_makes_themselves_a_superuser_by_a_link(
        self, client: Client, clerk: User, sally: User, alice: User
    ) -> None:
        client.force_login(clerk)
        chosen = {"action": "make_signin_links", "_selected_action": [alice.pk, sally.pk], "index": "0"}
        (messages,) = message_lists(client.post(USERS, chosen, follow=True))
        assert len(messages.all("code")) == 1
        assert "sally, who is staff" in messages.words

    def test_staff_cannot_change_staff_nor_give_rights(
        self, client: Client, clerk: User, sally: User, alice: User
    ) -> None:
        client.force_login(clerk)
        rights = {"is_active": "on", "is_staff": "on", "is_superuser": "on"}
        for user, status in ((sally, 403), (alice, 302), (clerk, 403)):
            data = {"username": user.username, **rights}
            assert client.post(f"{USERS}{user.pk}/change/", data).status_code == status
        password = {"password1": "an entirely new one", "password2": "an entirely new one"}
        assert client.post(f"{USERS}{sally.pk}/password/", password).status_code == 403
        alice.refresh_from_db()
        assert (alice.is_staff, alice.is_superuser) == (False, False)

    def test_deactivating_ends_sessions(self, staff: Client, alice: User) -> None:
        other = Client()
        other.force_login(alice)
        assert other.get("/queue/").status_code == 200
        staff.post(f"{USERS}{alice.pk}/change/", {"username": "alice"})
        assert other.get("/queue/").status_code == 302

    def test_nobody_locks_out_themselves(self, staff: Client, sally: User) -> None:
        staff.post(f"{USERS}{sally.pk}/change/", {"username": "sally"})
        sally.refresh_from_db()
        assert sally.is_active
        assert sally.is_superuser

    def test_a_new_password_ends_the_members_sessions(self, staff: Client, alice: User) -> None:
        other = Client()
        other.force_login(alice)
        new = {
            "password1": "an entirely new one",
            "password2": "an entirely new one",
            "usable_password": "true",
        }
        assert staff.post(f"{USERS}{alice.pk}/password/", new).status_code == 302
        assert other.get("/queue/").status_code == 302

    def test_who_made_something_is_not_deleted(self, staff: Client, alice: User, bob: User) -> None:
        a_generation(alice)
        assert staff.post(f"{USERS}{alice.pk}/delete/", {"post": "yes"}).status_code == 403
        assert staff.post(f"{USERS}{bob.pk}/delete/", {"post": "yes"}).status_code == 302
        assert "delete_selected" not in staff.get(USERS).content.decode()
        assert sorted(User.objects.values_list("username", flat=True)) == ["alice", "sally"]


def test_attempts_to_sign_in_are_listed_and_cleaned_up(client: Client, sally: User) -> None:
    client.post("/accounts/login/", {"username": "x", "password": "y"})
    sally.is_superuser = True
    sally.save()
    client.force_login(sally)
    attempt = AccessAttempt.objects.get()
    assert client.get("/admin/axes/accessattempt/?q=x").status_code == 200
    action = {"action": "cleanup_expired_attempts", "_selected_action": [attempt.pk]}
    assert client.post("/admin/axes/accessattempt/", action).status_code == 302


def test_every_module_that_registers_something_is_imported() -> None:
    """Django looks for the package alone."""
    modules = Path(actions.__file__).parent.glob("*.py")
    assert {path.stem for path in modules if "@admin.register(" in path.read_text()} <= set(pages.__all__)
