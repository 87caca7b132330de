"""Many posts at once that start from pictures: one click is one generation, one picture one upload."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from gallery.models import Batch, Generation, Image, Input, Upload, User
from tests.gallery.generations import a_picture
from tests.gallery.pipeline.test_kinds import RED

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("models_known")]

T = TypeVar("T")


def at_once(times: int, act: Callable[[Client], T], user: User) -> list[T]:
    """What each of so many browsers of `user` gets."""

    def one(number: int) -> T:
        try:
            browser = Client()
            browser.force_login(user)
            return act(browser)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.mark.one_in(2)
@pytest.mark.parametrize("kind", ["edit", "multi-edit", "upscale", "remove-background"])
def test_twenty_posts_of_one_form_are_one(
    django_db_serialized_rollback: None, alice: User, kind: str
) -> None:
    image, layer = (a_picture(alice, content=content) for content in (b"one", b"two"))
    before = Generation.objects.count()
    sent = {"prompt": "snow", "submission": str(uuid.uuid4()), "input": str(layer.pk)}

    def press(browser: Client) -> tuple[int, str]:
        answer = browser.post(f"/images/{image.pk}/{kind}/", sent)
        return answer.status_code, answer["Location"]

    answers = set(at_once(20, press, alice))

    made = Generation.objects.latest("id")
    assert answers == {(303, f"/generations/{made.pk}/")}
    assert Generation.objects.count() == before + 1
    assert Batch.objects.filter(generations=made).count() == 1
    assert Input.objects.count() == (2 if kind == "multi-edit" else 1)


def test_the_same_picture_brought_many_times_is_one(django_db_serialized_rollback: None, alice: User) -> None:
    def bring(browser: Client) -> int:
        for _ in range(200):
            answer = browser.post("/uploads/", {"picture": SimpleUploadedFile("a.png", RED)})
            if answer.status_code != 429:
                return answer.status_code
        return 429

    assert set(at_once(8, bring, alice)) <= {303, 429}
    assert Upload.objects.count() == 1


def test_what_is_thrown_away_for_good_meanwhile_is_told(alice: User) -> None:
    """The form stood open; the row is gone, and its file too."""
    image = a_picture(alice, content=b"one")
    browser = Client()
    browser.force_login(alice)
    assert browser.get(f"/images/{image.pk}/upscale/").status_code == 200
    Image.objects.filter(pk=image.pk).delete()
    assert browser.post(f"/images/{image.pk}/upscale/", {}).status_code == 404
    assert not Generation.objects.filter(kind="upscale").exists()
