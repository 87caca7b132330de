"""A real nginx in front of a test's site, with the very lines that we tell people to use."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[3]
_FRAME = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{servers}
}}
"""


def of_compose() -> str:
    """The configuration in compose.scale.yaml, as nginx gets it but for the bucket's address."""
    compose = YAML(typ="safe").load((ROOT / "compose.scale.yaml").read_text())
    content: str = compose["configs"]["nginx"]["content"]
    return content.replace("$$", "$")


def of_docs() -> str:
    """The location for a folder of the same host, as docs/deployment.md shows it."""
    return (ROOT / "docs/deployment.md").read_text().split("```nginx\n")[1].split("```")[0]


@contextmanager
def running_nginx(
    folder: Path, sites: list[str], *, bucket: str = "", media: Path | None = None
) -> Iterator[str]:
    """The address of an nginx before `sites` (host:port each); pictures from `bucket`'s address or from `media`.

    In `folder` it leaves `access.log`, and `nginx.log` of what went wrong.
    """
    port = _free_port()
    with _running(folder, port, _servers(port, sites, bucket, media)):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def running_nginx_with_tls(folder: Path, sites: list[str], certificate: Path) -> Iterator[tuple[str, str]]:
    """Both of its servers as they are in compose.scale.yaml: host and port of the plain one, and of that with TLS."""
    plain, secure = _free_port(), _free_port()
    text = _before(of_compose(), sites)
    for there, here in (
        ("listen 8080;", f"listen 127.0.0.1:{plain};"),
        ("listen 8443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
        ("/run/secrets/tls_certificate", str(certificate)),
        ("/run/secrets/tls_key", str(certificate)),
    ):
        assert there in text
        text = text.replace(there, here)
    with _running(folder, secure, _to_bucket(text, "https://127.0.0.1:1")):
        yield f"127.0.0.1:{plain}", f"127.0.0.1:{secure}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(folder: Path, port: int, servers: str) -> Iterator[None]:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("no nginx on this machine (Debian: apt-get install nginx-light)")
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    servers = servers.replace("/var/log/nginx/", f"{folder}/")
    config.write_text(_FRAME.format(folder=folder, user=user, servers=servers))
    log = (folder / "nginx.log").open("w")
    process = subprocess.Popen([program, "-p", folder, "-c", config], stdout=log, stderr=log)
    try:
        _wait(port, process, folder / "nginx.log")
        yield
    finally:
        process.terminate()
        process.wait()
        log.close()


def _servers(port: int, sites: list[str], bucket: str, media: Path | None) -> str:
    text = of_compose()
    # Of the two servers the one that speaks TLS, without it; the rest as it is.
    head, _, rest = text.partition("server {\n    listen 8080;")
    text = head + "server {" + rest.partition("server {")[2]
    assert "listen 8443 ssl;" in text
    text = text.replace("listen 8443 ssl;", f"listen 127.0.0.1:{port};")
    text = _before("\n".join(line for line in text.splitlines() if "ssl_certificate" not in line), sites)
    if media:
        before, _, after = text.partition("    # X_ACCEL_PREFIX")
        ours = of_docs().replace("/srv/gallery/data/media/", f"{media}/")
        return before + ours + "    location = /not-there" + after.partition("    location = /not-there")[2]
    return _to_bucket(text, bucket)


def _before(text: str, sites: list[str]) -> str:
    """With these web servers in place of those of the compose file."""
    text = "\n".join(line for line in text.splitlines() if "server web-" not in line)
    return text.replace(
        "upstream gallery {", "upstream gallery {" + "".join(f"server {site};" for site in sites)
    )


def _to_bucket(text: str, bucket: str) -> str:
    start, _, end = text.partition("${AWS_ENDPOINT_URL_S3")
    return start + bucket + end.partition("}")[2]


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
