"""Pictures that members bring: whose they are, what is refused, and what is made from them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from gallery import access
from gallery.models import Generation, Upload, User
from gallery.pipeline import uploads as chore
from gallery.pipeline.worker import WorkerProcess
from gallery.views import uploads as view
from tests.gallery.generations import a_picture
from tests.gallery.page import Page
from tests.gallery.paid_form import spending
from tests.gallery.pipeline.test_decoder import HOSTILE, png, zeros
from tests.gallery.pipeline.test_kinds import BLUE, GREEN, RED
from tests.odd_pictures import turned

pytestmark = pytest.mark.usefixtures("models_known")

JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    access._of_all.clear()
    yield
    access._of_all.clear()


@pytest.fixture
def site(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def file(data: bytes, name: str = "photo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/png")


def brought(client: Client, *data: bytes, **more: Any) -> Any:
    return client.post("/uploads/", {"picture": [file(each) for each in data]}, **more)


def problem(answer: Any) -> str:
    """What a refusal says; nothing was kept."""
    assert answer.status_code == 422
    assert not Upload.objects.exists()
    return Page(answer.content).one(data_error_for="picture").words


def test_one_leads_to_its_page_and_several_to_the_list(site: Client) -> None:
    answer = brought(site, RED)
    one = Upload.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/uploads/{one.pk}/")
    page = Page(site.get(answer["Location"]).content)
    assert {
        f"/uploads/{one.pk}/{kind}/" for kind in ("edit", "multi-edit", "upscale", "remove-background")
    } == {link["href"] for link in page.all("a", data_operation=None)}
    assert brought(site, RED)["Location"] == f"/uploads/{one.pk}/", "the same content is the same upload"
    assert brought(site, BLUE, GREEN)["Location"] == "/uploads/"
    shown = Page(site.get("/uploads/").content).values("data-upload")
    assert len(shown) == Upload.objects.count() == 3


def test_scripts_get_ids_and_thumbnails(site: Client) -> None:
    told = brought(site, RED, b"no picture", headers=JSON).json()
    one = Upload.objects.get()
    assert told["uploads"] == [
        {
            "id": one.pk,
            "address": f"/uploads/{one.pk}/",
            "thumbnail": one.thumbnail_256,
            "width": 320,
            "height": 256,
        }
    ]
    assert told["problems"] == ["photo.png: is no picture that Venice takes (PNG, JPEG, WebP or AVIF)."]


def test_the_form_tells_the_limits_that_hold(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "MAX_FILE", 7 << 20)
    monkeypatch.setattr(view, "KEEP", timedelta(days=9))
    told = Page(site.get("/uploads/").content).one("form", id="bring").words
    assert "at most 7 MB each" in told
    assert "goes after 9 days" in told


def test_it_is_as_large_as_it_is_painted(site: Client) -> None:
    brought(site, turned("JPEG", 6))
    row = Upload.objects.get()
    assert (row.width, row.height) == (480, 640)


@pytest.mark.parametrize(
    "name", ["empty", "svg", "png header alone", "png of 40 000 × 40 000", "jpeg cut", "webp cut", "bmp"]
)
def test_what_is_no_sane_picture_is_told_and_not_kept(site: Client, name: str) -> None:
    assert problem(brought(site, HOSTILE[name]())).startswith("photo.png: ")


@pytest.mark.parametrize("brands", [b"heic", b"heix", b"hevc", b"mif1\0\0\0\0mif1heic", b"xxxx\0\0\0\0heic"])
def test_heic_of_a_phone_is_told_what_can_be_done(site: Client, brands: bytes) -> None:
    heic = b"\0\0\0\x18ftyp" + brands.ljust(12, b"\0") + bytes(200)
    words = "HEIC cannot be shown here: save or send it as JPEG."
    assert problem(brought(site, heic)) == f"photo.png: {words}"
    by_script = brought(site, heic, headers={"Accept": "application/json"})
    assert (by_script.status_code, by_script.json()["problems"]) == (422, [f"photo.png: {words}"])
    said = site.post("/create/from-file/", {"file": file(heic)}, headers={"HX-Request": "true"})
    assert "save or send it as JPEG" in Page(said.content).one(id="from-file-said").words


def test_avif_is_no_heic(site: Client) -> None:
    """Its files name `mif1` too."""
    cut = b"\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf" + bytes(200)
    assert "HEIC" not in problem(brought(site, cut))


@pytest.mark.long
@pytest.mark.parametrize("name", HOSTILE)
def test_the_whole_corpus_is_told_and_not_kept(site: Client, name: str) -> None:
    assert problem(brought(site, HOSTILE[name]())).startswith("photo.png: ")


def test_sizes_are_refused_before_anything_is_read(site: Client, settings: LazySettings) -> None:
    large = RED + bytes(25 * 1024 * 1024)
    assert "is larger than 25 MB" in problem(brought(site, large))
    settings.UPLOADS_MAX_SIZE = 2_000_000
    answer = brought(site, large)
    assert answer.status_code == 413
    assert "25 MB each" in Page(answer.content).words


def test_what_is_larger_than_a_form_is_taken(site: Client) -> None:
    assert brought(site, zeros(1200, 1000) + bytes(3_000_000)).status_code == 303
    assert Upload.objects.get().bytes > 3_000_000


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"--x\r\nContent-Disposition: form-data" + b"; a=b" * 100 + b"\r\n\r\n\r\n--x--\r\n", 400),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n" * 2000 + b"--x--\r\n", 400),
        (b"--x\r\nContent-Disposition: form-data; name=picture; filename=\r\n\r\nabc\r\n--x--\r\n", 422),
        (b"", 422),
        (bytes(100_000), 400),
    ],
    ids=["odd head", "many parts", "no name", "nothing", "zeros"],
)
def test_odd_bodies_are_no_forms(site: Client, body: bytes, status: int) -> None:
    answer = site.post("/uploads/", body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == status


@pytest.mark.parametrize("block", [1, 7, 1024, 1 << 18])
def test_a_part_is_found_wherever_a_block_ends(
    site: Client, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr("gallery.middleware._BLOCK", block)
    odd = b"--x\r\nContent-Disposition: form-data" + b"; a=b" * 100 + b"\r\n\r\n\r\n--x--\r\n"
    body = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n" + b"-" * 2000 + b"\r\n" + odd
    answer = site.post("/uploads/", body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 400


def test_a_hostile_name_is_told_as_text(site: Client) -> None:
    name = "\u202e<img src=x onerror=alert(1)>.png" + "x" * 300
    answer = site.post("/uploads/", {"picture": file(b"none", name)})
    words = problem(answer)
    assert "\u202e" not in words
    assert len(words) < 200
    assert not Page(answer.content).all("img", src="x")


def test_too_many_are_refused(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "At most 20 pictures" in problem(brought(site, *[RED] * 21))
    monkeypatch.setattr(view, "MOST_UNUSED", 1)
    assert brought(site, RED).status_code == 303
    answer = brought(site, BLUE)
    assert answer.status_code == 422
    assert Upload.objects.count() == 1


def test_others_are_asked_to_wait_while_pictures_are_looked_through(site: Client) -> None:
    for _ in range(view.AT_ONCE):
        assert view._turns.acquire(blocking=False)
    try:
        picked = site.post(
            "/create/pictures/", {"pick": "style_reference", "bring": "1", "picture": file(RED)}
        )
        for answer in (brought(site, RED), brought(site, RED, headers=JSON), picked):
            assert (answer.status_code, answer["Retry-After"]) == (429, "3")
            assert "Try again in some seconds." in Page(answer.content).one(data_reason=None).words
        assert site.get("/uploads/").status_code == 200
    finally:
        for _ in range(view.AT_ONCE):
            view._turns.release()
    assert brought(site, RED).status_code == 303


def test_it_is_nobody_elses_until_something_is_made_from_it(
    site: Client, alice: User, bob: User, sally: User, worker_process: WorkerProcess
) -> None:
    brought(site, RED)
    row = Upload.objects.get()
    files = [row.thumbnail_256, row.thumbnail_512, row.media_url]
    others = []
    for who in (bob, sally):
        other = Client()
        other.force_login(who)
        assert other.get("/queue/").status_code == 200, "which gives the pass"
        others.append(other)

    def statuses(client: Client) -> set[int]:
        answers = [client.get(address) for address in files]
        for answer in answers:
            # Read to the end: to close it would end the connection that the test uses.
            b"".join(getattr(answer, "streaming_content", ()))
        return {answer.status_code for answer in answers}

    assert statuses(site) == {200}
    for other in others:
        assert statuses(other) == {404}
        for address in ("", "edit/", "upscale/", "multi-edit/", "remove-background/"):
            assert other.get(f"/uploads/{row.pk}/{address}").status_code == 404
        assert other.post(f"/uploads/{row.pk}/edit/", {"prompt": "snow"}).status_code == 404
        assert other.post(f"/uploads/{row.pk}/remove/").status_code == 404
        own = a_picture(bob)
        answer = other.post(f"/images/{own.pk}/multi-edit/", {"prompt": "x", "upload": str(row.pk)})
        assert answer.status_code == 422
        assert Page(answer.content).one(data_error_for="upload").words == f"There is no upload {row.pk}."
        assert not Page(other.get("/uploads/").content).values("data-upload")
    assert statuses(Client()) == {302}

    assert site.post(f"/uploads/{row.pk}/edit/", {"prompt": "snow"}).status_code == 303

    for other in others:
        assert statuses(other) == {200}
        assert other.get(f"/uploads/{row.pk}/").status_code == 404
    assert worker_process.step()
    generation = Generation.objects.get(kind="edit")
    assert (generation.kind, generation.state, generation.origin) == ("edit", "done", None)
    assert str(generation.pk) in Page(site.get(f"/uploads/{row.pk}/").content).values("data-generation")


def test_staff_see_it_in_the_admin_once_something_is_made_from_it(
    site: Client, alice: User, sally: User
) -> None:
    brought(site, RED)
    row = Upload.objects.get()
    office = Client()
    office.force_login(sally)
    for address in ("/admin/gallery/upload/", f"/admin/gallery/upload/{row.pk}/change/"):
        page = Page(office.get(address).content)
        assert not page.values("src", row.thumbnail_256)
        assert "its member’s alone" in page.words
    site.post(f"/uploads/{row.pk}/upscale/", {})
    assert Page(office.get("/admin/gallery/upload/").content).values("src", row.thumbnail_256)


@pytest.mark.parametrize("kind", ["upscale", "remove-background", "edit", "multi-edit"])
def test_each_operation_starts_from_one(site: Client, kind: str) -> None:
    brought(site, RED)
    row = Upload.objects.get()
    (form,) = spending(site.get(f"/uploads/{row.pk}/{kind}/"), kind)
    assert form.printed
    answer = site.post(form.address, form.fields | {"prompt": "snow"})
    assert answer.status_code == 303
    generation = Generation.objects.get()
    assert [row.sha256 for row in generation.inputs.all()] == [row.sha256]
    assert site.post(form.address, form.fields | {"prompt": "snow"})["Location"] == answer["Location"]


def test_pictures_and_uploads_are_edited_together(site: Client, alice: User) -> None:
    brought(site, RED, BLUE)
    red, blue = Upload.objects.order_by("pk")
    sent = {"prompt": "snow", "input": f"upload:{blue.pk}"}
    assert site.post(f"/uploads/{red.pk}/multi-edit/", sent).status_code == 303
    assert (
        site.post(f"/uploads/{red.pk}/multi-edit/", {"prompt": "snow", "upload": blue.pk}).status_code == 303
    )
    for generation in Generation.objects.all():
        assert [row.sha256 for row in generation.inputs.all()] == [red.sha256, blue.sha256]


def test_one_that_is_taken_away_goes_unless_something_was_made_from_it(site: Client) -> None:
    brought(site, RED, BLUE)
    red, blue = Upload.objects.order_by("pk")
    site.post(f"/uploads/{blue.pk}/upscale/", {})
    for row in (red, blue):
        assert site.post(f"/uploads/{row.pk}/remove/")["Location"] == "/uploads/"
        assert site.get(f"/uploads/{row.pk}/").status_code == 404
    assert not Page(site.get("/uploads/").content).values("data-upload")
    unused = Upload.objects.unused()
    assert list(unused) == [red]
    chore.tend()
    assert Upload.objects.filter(pk=red.pk).exists(), "its file is young"
    assert brought(site, RED)["Location"] == f"/uploads/{red.pk}/", "brought again it is there again"


def test_the_list_goes_on(site: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "SHOWN", 2)
    for side in range(3):
        brought(site, zeros(100 + side, 100))
    first = Page(site.get("/uploads/").content)
    older = Page(site.get(first.one("a", rel="next")["href"]).content)
    assert [len(page.values("data-upload")) for page in (first, older)] == [2, 1]
    assert not older.all("a", rel="next")
    assert site.get("/uploads/?before=x%00").status_code == 200


def test_a_liar_about_its_size_is_no_upload(site: Client) -> None:
    assert problem(brought(site, png(3000, 3000)))
