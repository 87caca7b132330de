"""A bucket of our own on a server that speaks S3, and a bad line to it: for tests."""

import http.client
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from typing import Any
from uuid import uuid4

import pytest

from gallery.media.bucket import Bucket

ACCESS_KEY, SECRET_KEY = "AKIAGALLERYTESTS0000", "canary-secret/of+the=bucket-0123456789"


@contextmanager
def running_s3() -> Iterator[str]:
    """The address of an empty S3; skips where `moto` is not installed."""
    if find_spec("moto") is None:
        pytest.skip("no S3 of our own: `make install` installs moto[server]")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not _listens(port):
            assert process.poll() is None, "the S3 server ended"
            assert time.monotonic() < deadline, "the S3 server does not start"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def new_bucket(endpoint: str, prefix: str = "pictures/") -> Bucket:
    """A bucket that nobody else uses."""
    bucket = Bucket(
        name=f"gallery-{uuid4().hex[:12]}",
        prefix=prefix,
        endpoint=endpoint,
        region="eu-central-1",
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
    )
    location = {"LocationConstraint": bucket.region}
    client_of(bucket).create_bucket(Bucket=bucket.name, CreateBucketConfiguration=location)
    return bucket


@cache
def client_of(bucket: Bucket) -> Any:
    """Amazon's own client of it: what is asked by it is not asked through our code."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=bucket.endpoint,
        region_name=bucket.region,
        aws_access_key_id=bucket.access_key,
        aws_secret_access_key=bucket.secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )


def objects_in(bucket: Bucket) -> dict[str, bytes]:
    """All objects, by their whole names."""
    client = client_of(bucket)
    listed = client.list_objects_v2(Bucket=bucket.name).get("Contents", [])
    return {
        entry["Key"]: client.get_object(Bucket=bucket.name, Key=entry["Key"])["Body"].read()
        for entry in listed
    }


class BadLine:
    """A way to a bucket that can be spoilt: `mode` says how. What came through is in `seen`."""

    def __init__(self, bucket: Bucket) -> None:
        self.mode: Callable[[BaseHTTPRequestHandler], bool] | None = None
        self.seen: list[tuple[str, str]] = []
        self.released = threading.Event()
        self.bucket_behind = bucket
        line, host = self, bucket.endpoint.removeprefix("http://")

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if line.mode and line.mode(self):
                    return
                line.seen.append((self.command, self.path))
                behind = http.client.HTTPConnection(host, timeout=60)
                behind.request(self.command, self.path, body, dict(self.headers))
                answer = behind.getresponse()
                data = answer.read()
                behind.close()
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                        self.send_header(name, value)
                is_head = self.command == "HEAD"
                length = answer.headers.get("Content-Length", "0") if is_head else str(len(data))
                self.send_header("Content-Length", length)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = _pass_on

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.bucket = replace(bucket, endpoint=f"http://127.0.0.1:{self._server.server_address[1]}")

    def __enter__(self) -> "BadLine":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def answering(self, status: int, code: str) -> Callable[[BaseHTTPRequestHandler], bool]:
        """Every request is refused in S3's own way."""

        def refuse(handler: BaseHTTPRequestHandler) -> bool:
            body = f"<Error><Code>{code}</Code><Message>{ACCESS_KEY}</Message></Error>".encode()
            handler.send_response_only(status)
            handler.send_header("Content-Type", "application/xml")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            if handler.command != "HEAD":
                handler.wfile.write(body)
            return True

        return refuse

    def silent(self, handler: BaseHTTPRequestHandler) -> bool:
        """Nothing is ever answered."""
        self.released.wait(60)
        handler.close_connection = True
        return True

    def cut(self, handler: BaseHTTPRequestHandler) -> bool:
        """The line goes down in the middle of every answer."""
        handler.send_response_only(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half of it")
        handler.close_connection = True
        return True
