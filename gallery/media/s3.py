"""Stored pictures in a bucket. What it answers becomes an OSError, so that whoever stores holds on as for a disk."""

import hashlib
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import IO, Any, NoReturn, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from gallery.failpoints import failpoint
from gallery.media.bucket import Bucket
from gallery.media.storage import CACHE, FOLDERS, StorageAway, StoredFile, content_type

# Seconds. Who stores tries again by itself, and a worker's loop must not stand still for long.
_CONNECT, _READ = 3, 15
# After a failure nobody waits for the next one: so long everything fails at once.
_PAUSE = 5.0
# What is written to see whether anything can be. It belongs to nothing, and is looked for by nobody.
_TRIAL = "trial"
# Objects that are listed in one request.
PAGE = 1000
_ASIDE = "quarantine/"


class BucketStorage(S3Storage):  # type: ignore[misc]
    """Each file is one object, written by one request: whole or not at all, and private as the bucket is.

    Many threads use one of these; each has a connection of its own.
    """

    def __init__(self) -> None:
        bucket: Bucket | None = settings.MEDIA_BUCKET
        assert bucket  # noqa: S101 - settings.py chooses this storage for a bucket alone
        self.target = bucket
        super().__init__(
            bucket_name=bucket.name,
            location=bucket.prefix,
            access_key=bucket.access_key,
            secret_key=bucket.secret_key,
            security_token=None,
            session_profile=None,
            region_name=bucket.region,
            endpoint_url=bucket.endpoint,
            client_config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "virtual" if bucket.in_host else "path"},
                connect_timeout=_CONNECT,
                read_timeout=_READ,
                retries={"mode": "standard", "total_max_attempts": 2},
                # Not every S3 knows the checksums that Amazon's has since 2025; ours is Content-MD5.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
        self._lock = Lock()
        self._words, self._silent_until, self._is_proven = "", 0.0, False

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name itself: same name, same content."""
        return name

    def exists(self, name: str) -> bool:
        """Whether the bucket has it. OSError when the bucket does not say so either way."""
        try:
            with self._asking(name):
                self._client.head_object(**self._object(name))
        except FileNotFoundError:
            return False
        return True

    def delete(self, name: str) -> None:
        """Remove it, if it is there."""
        with self._asking(name):
            self._client.delete_object(**self._object(name))

    def get_modified_time(self, name: str) -> datetime:
        """When it was written last, by the bucket's clock."""
        with self._asking(name):
            written: datetime = self._client.head_object(**self._object(name))["LastModified"]
        return written

    def listed(self) -> Iterator[StoredFile]:
        """Every object where we put some, asked for by pages; what else is in the bucket is not ours."""
        pages = self._client.get_paginator("list_objects_v2")
        for folder in FOLDERS:
            asked = {"Bucket": self.target.name, "Prefix": self.target.key(folder)}
            there = iter(pages.paginate(**asked, PaginationConfig={"PageSize": PAGE}))
            while page := self._next(there):
                for entry in page.get("Contents", ()):
                    name = entry["Key"].removeprefix(self.target.prefix)
                    yield StoredFile(name, entry["LastModified"].timestamp())

    def set_aside(self, name: str) -> None:
        """Move an object below quarantine/, within the bucket."""
        source = self._object(name)
        with self._asking(name):
            self._client.copy_object(**self._object(_ASIDE + name), CopySource=source)
            self._client.delete_object(**source)

    def shown(self, name: str) -> str:
        """`s3://bucket/prefix/original/…`"""
        return f"s3://{self.target.name}/{self.target.key(name)}"

    def folders(self) -> tuple[Path, ...]:
        """None: of this machine's disk pictures need no room."""
        return ()

    def trouble(self) -> str:
        """Why nothing could be stored; tried only at first and after a failure, since each try is paid for."""
        if not self._is_proven:
            try:
                self._put(_TRIAL, b"", "text/plain")
            except OSError as error:
                return f"{error.strerror}."
        return ""

    def _save(self, name: str, content: File) -> str:  # type: ignore[type-arg]
        # Also over what is there: it is the same, and becomes young again, so that nobody removes it.
        self._put(name, content.read(), content_type(name) or self.default_content_type)
        failpoint("file-written")
        return name

    def _open(self, name: str, mode: str = "rb") -> File:  # type: ignore[type-arg]
        with self._asking(name):
            answer = self._client.get_object(**self._object(name))
        return File(cast("IO[bytes]", _Body(self, name, answer["Body"])), name)

    def _put(self, name: str, data: bytes, kind: str) -> None:
        digest = hashlib.md5(data, usedforsecurity=False).digest()
        with self._asking(name, is_writing=True):
            self._client.put_object(
                **self._object(name),
                Body=data,
                ContentType=kind,
                CacheControl=CACHE,
                ContentMD5=b64encode(digest).decode(),
            )
        self._is_proven = True

    def _next(self, pages: Iterator[dict[str, Any]]) -> dict[str, Any] | None:
        with self._asking(""):
            return next(pages, None)

    def _object(self, name: str) -> dict[str, str]:
        return {"Bucket": self.target.name, "Key": self.target.key(name)}

    @property
    def _client(self) -> Any:
        return self.connection.meta.client

    @contextmanager
    def _asking(self, name: str, *, is_writing: bool = False) -> Iterator[None]:
        """What goes wrong between us and the bucket, as an OSError."""
        with self._lock:
            if time.monotonic() < self._silent_until:
                raise StorageAway(self._words)
        try:
            yield
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            code = str(error.response.get("Error", {}).get("Code"))[:60]
            if code in ("NoSuchKey", "404"):
                raise FileNotFoundError(f"{name} is not in the bucket") from None
            self._fail(f"answers {code} ({status})", is_writing)
        except BotoCoreError as error:
            self._fail(f"does not answer ({type(error).__name__})", is_writing)

    def _fail(self, what: str, is_writing: bool) -> NoReturn:
        words = f"The bucket {self.target.name} {what}"
        with self._lock:
            self._words, self._silent_until = words, time.monotonic() + _PAUSE
            self._is_proven = self._is_proven and not is_writing
        raise StorageAway(words) from None


class _Body:
    """An object as it arrives, for django's File."""

    def __init__(self, storage: BucketStorage, name: str, body: Any) -> None:
        self._storage, self._name, self._body = storage, name, body
        self.closed = False

    def read(self, size: int | None = None) -> bytes:
        with self._storage._asking(self._name):
            data: bytes = self._body.read(size)
            return data

    def close(self) -> None:
        self._body.close()
        self.closed = True
