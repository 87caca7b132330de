"""A picture's page: its actions, its request, its neighbours, its original."""

import uuid

import pytest
from django.test import Client

from gallery.display import details
from gallery.models import Generation, State, User
from tests.gallery.making import a_generation, a_picture, pictures
from tests.gallery.page import Page

pytestmark = pytest.mark.usefixtures("models_known")
HTMX = {"HX-Request": "true"}


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_it_tells_all_about_its_request(client: Client, alice: User, bob: User) -> None:
    picture = a_picture(
        alice, "a quiet canal", queue_ms=31, preprocessing_ms=22, inference_ms=1840, negative_prompt="blur"
    )
    client.force_login(bob)
    page = text(client, f"/images/{picture.pk}/")
    assert page.count(f'data-image="{picture.pk}"') == 1
    assert picture.media_url in page
    for action in (
        "rerun-same-seed",
        "rerun-new-seed",
        "use-prompt",
        "use-seed",
        "use-size",
        "use-all",
        "remix",
    ):
        assert action in Page(page).values("data-action")
    assert f"/images/{picture.pk}/original" in [each["href"] for each in Page(page).all(data_original="")]
    assert "a quiet canal" in page
    assert "blur" in page
    assert "1.8 s" in page
    assert "31 ms" in page
    assert "Re-run new seed · $" in page
    assert not Page(page).all(style=None)
    assert f"/create/?image={picture.pk}&amp;use=remix" in page


@pytest.mark.parametrize(
    ("preprocessing", "inference", "parts"),
    [
        (6436, 6367, {"queue": 9, "preparing": 69, "inference": 6367, "ours": 0}),
        (22, 1840, {"queue": 9, "preparing": 22, "inference": 1840, "ours": 0}),
        (22, None, {"queue": 9, "preparing": 22, "ours": 0}),
    ],
)
def test_inference_counts_once_in_the_time(
    alice: User, preprocessing: int, inference: int | None, parts: dict[str, int]
) -> None:
    made = a_picture(alice, queue_ms=9, preprocessing_ms=preprocessing, inference_ms=inference).generation
    assert {part.name: part.length for part in details.slices(made)} == parts
    made.state = State.FAILED
    assert details.slices(made) == []


def test_its_neighbours_are_covers_and_its_stack_is_a_filmstrip(client: Client, alice: User) -> None:
    older = pictures(alice, count=2)
    stack = pictures(alice, count=3)
    newer = a_picture(alice)
    client.force_login(alice)
    page = text(client, f"/images/{stack[0].pk}/")
    assert Page(page).one("a", rel="prev")["href"] == f"/images/{newer.pk}/"
    assert Page(page).one("a", rel="next")["href"] == f"/images/{older[0].pk}/"
    assert Page(page).values("data-related") == [str(picture.pk) for picture in stack]


def test_a_variant_without_a_seed_says_why_it_cannot_be_made_again(client: Client, alice: User) -> None:
    variant = pictures(alice, count=2)[1]
    client.force_login(alice)
    page = text(client, f"/images/{variant.pk}/")
    assert "No seed: Venice tells one only for the first picture" in page
    assert "disabled" in Page(page).one("form", data_action="rerun-same-seed").one("button")
    assert client.post(f"/images/{variant.pk}/rerun-same-seed/").status_code == 409
    assert Generation.objects.count() == 1


@pytest.mark.parametrize("action", ["rerun-same-seed", "rerun-new-seed"])
def test_a_re_run_is_the_new_members_and_the_same_form_counts_once(
    client: Client, alice: User, bob: User, action: str
) -> None:
    picture = a_picture(alice)
    client.force_login(bob)
    form = {"submission": str(uuid.uuid4())}
    first = client.post(f"/images/{picture.pk}/{action}/", form)
    again = client.post(f"/images/{picture.pk}/{action}/", form)
    made = Generation.objects.get(origin=picture)
    assert first.status_code == again.status_code == 303
    assert first["Location"] == again["Location"] == f"/generations/{made.pk}/"
    assert made.owner == bob
    assert made.prompt == picture.prompt
    assert made.price_estimate
    assert (made.seed == picture.seed) == (action == "rerun-same-seed")
    client.post(f"/images/{picture.pk}/{action}/")
    assert Generation.objects.filter(origin=picture).count() == 2
    assert Page(text(client, f"/images/{picture.pk}/")).one(id=f"generation-{made.pk}")


def test_htmx_gets_the_new_card_and_a_fresh_form(client: Client, alice: User) -> None:
    picture = a_picture(alice)
    client.force_login(alice)
    spent = str(uuid.uuid4())
    response = client.post(f"/images/{picture.pk}/rerun-new-seed/", {"submission": spent}, headers=HTMX)
    page = Page(response.content)
    assert response.status_code == 200
    assert page.one("article")["data-state"] == "queued"
    fresh = page.one("input", id="submission-rerun-new-seed", hx_swap_oob="true")
    assert fresh["value"] not in ("", spent)


def test_the_pace_holds_for_re_runs_but_not_for_repeats(
    client: Client, alice: User, settings: object
) -> None:
    settings.SUBMISSIONS_PER_MINUTE = 2  # type: ignore[attr-defined]
    picture = a_picture(alice)
    client.force_login(alice)
    form = {"submission": str(uuid.uuid4())}
    assert client.post(f"/images/{picture.pk}/rerun-new-seed/", form).status_code == 303
    refused = client.post(f"/images/{picture.pk}/rerun-new-seed/")
    assert refused.status_code == 429
    assert refused["Retry-After"]
    assert client.post(f"/images/{picture.pk}/rerun-new-seed/", form).status_code == 303


def test_the_original_is_byte_for_byte_and_immutable(client: Client, alice: User) -> None:
    content = b"RIFF\x00\x00\x00\x00WEBP<script>alert(1)</script>"
    picture = a_picture(alice, content=content)
    client.force_login(alice)
    response = client.get(f"/images/{picture.pk}/original")
    assert b"".join(response.streaming_content) == content  # type: ignore[attr-defined]
    assert response["Content-Type"] == "image/webp"
    assert "immutable" in response["Cache-Control"]
    assert "sandbox" in response["Content-Security-Policy"]
    assert (
        client.get(f"/images/{picture.pk}/original", headers={"If-None-Match": response["ETag"]}).status_code
        == 304
    )
    download = client.get(f"/images/{picture.pk}/original?download")
    assert download["Content-Disposition"] == f'attachment; filename="venice-{picture.pk}.webp"'
    assert b"".join(download.streaming_content) == content  # type: ignore[attr-defined]


def test_a_lost_file_is_404(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get(f"/images/{a_picture(alice).pk}/original").status_code == 404


@pytest.mark.parametrize("pk", ["0", "999", str(2**63), "9" * 30, "9" * 4000])
@pytest.mark.parametrize(
    "page",
    ["/images/{}/", "/images/{}/original", "/generations/{}/", "/generations/{}/card/", "/prompts/{}/"],
)
def test_what_does_not_exist_is_404(client: Client, alice: User, page: str, pk: str) -> None:
    client.force_login(alice)
    assert client.get(page.format(pk)).status_code == 404


@pytest.mark.parametrize("known", [True, False])
def test_strangers_learn_nothing(client: Client, alice: User, known: bool) -> None:
    pk = a_picture(alice).pk if known else 999
    a_generation(alice)
    for page in (
        "/",
        f"/images/{pk}/",
        f"/images/{pk}/original",
        "/generations/1/",
        "/generations/1/card/",
        "/prompts/",
        "/queue/",
    ):
        response = client.get(page)
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")
        assert client.get(page, headers=HTMX).status_code == 401
    before = Generation.objects.count()
    assert client.post(f"/images/{pk}/rerun-new-seed/").status_code == 302
    assert Generation.objects.count() == before


@pytest.mark.parametrize("action", ["rerun-same-seed", "rerun-new-seed"])
def test_looking_at_an_action_is_405(client: Client, alice: User, action: str) -> None:
    client.force_login(alice)
    assert client.get(f"/images/{a_picture(alice).pk}/{action}/").status_code == 405
