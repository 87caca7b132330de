"""A bucket as the place for pictures, and the site on a socket."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import waitress
from django.conf import LazySettings
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from gallery.media.bucket import Bucket
from gallery.models import User
from tests.bucket import BadLine, new_bucket, running_s3


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    with running_s3() as address:
        yield address


def keep_in(settings: LazySettings, bucket: Bucket) -> None:
    """From now on pictures are kept in `bucket`."""
    settings.MEDIA_BUCKET = bucket
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "gallery.media.s3.BucketStorage"}}


@pytest.fixture
def bucket(s3: str, settings: LazySettings) -> Bucket:
    """A bucket of the test's own, in which pictures are kept."""
    made = new_bucket(s3)
    keep_in(settings, made)
    return made


@pytest.fixture
def line(s3: str, settings: LazySettings) -> Iterator[BadLine]:
    """A bucket on a line that can be spoilt; `line.bucket` is the way that our code takes."""
    with BadLine(new_bucket(s3)) as made:
        keep_in(settings, made.bucket)
        yield made


@pytest.fixture
def member(client: Client, alice: User) -> Any:
    """Signed in, with the pass that the first page gives."""
    client.force_login(alice)
    assert client.get("/queue/").status_code == 200
    return client


@pytest.fixture
def site(transactional_db: None) -> Iterator[str]:
    """The whole application on a socket, as host:port; pytest-django's own server hands out media by itself."""
    server = waitress.create_server(WSGIHandler(), host="127.0.0.1", port=0, threads=2)
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    yield f"127.0.0.1:{server.effective_port}"
    # What else has just woken it may let it close before the trigger is pulled.
    with suppress(OSError):
        server.trigger.pull_trigger(server.close)
    running.join(30)
