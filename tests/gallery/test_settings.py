"""Settings come from the environment; a bad one stops the start with one clear line and exit status 2."""

import os
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from gallery import environment

ROOT = Path(__file__).resolve().parents[2]
KEY = "VENICE_INFERENCE_KEY_canary0123456789"
DRAWN = "a-key-that-nobody-guesses-0123456789"


def manage(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(tmp_path, "manage.py", *arguments, **environment)


def run(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python at the project's root in a clean environment with its own DATA_DIR."""
    clean = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def show(tmp_path: Path, expression: str, **environment: str) -> str:
    code = f"import gallery.settings as settings; print({expression})"
    done = run(tmp_path, "-c", code, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.one_in(4)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "eighty"),
        ("PORT", "٨٠٨٠"),
        ("PORT", "99999999999999999999"),
        ("WORKER_CONCURRENCY", "-1"),
        ("WORKER_CONCURRENCY", "0"),
        ("VENICE_REQUESTS_PER_MINUTE", "1.5"),
        ("SUBMISSIONS_PER_MINUTE", "many"),
        ("TRASH_DAYS", "-1"),
        ("AUTO_RETRY_MAX_USD", "nan"),
        ("AUTO_RETRY_MAX_USD", "-1"),
        ("AUTO_RETRY_MAX_USD", "a lot"),
        ("DEBUG", "perhaps"),
        ("LOG_FORMAT", "xml"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("TIME_ZONE", "../../etc/passwd"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 50),
        ("SECRET_KEY", "abc" * 20),
        ("SECRET_KEY", "abcdefgh" * 4),
        ("SECRET_KEY", "correct horse battery " * 2),
        ("SECRET_KEY", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
        ("SECRET_KEY", "django-insecure-0123456789abcdefghijklmnopq"),
        ("PUBLIC_URL", "https://*"),
        ("PUBLIC_URL", "https://*.example"),
        ("PUBLIC_URL", "https://.example"),
        ("PUBLIC_URL", "https://a..example"),
        ("PUBLIC_URL", "https://under_score.example"),
        ("PUBLIC_URL", "https://a b.example"),
        ("PUBLIC_URL", "http://0.0.0.0:8000"),
        ("PUBLIC_URL", "http://[::]:8000"),
        ("PUBLIC_URL", "http://192.168.1:8000"),
        ("PUBLIC_URL", "http://[fe80::1%25eth0]:8000"),
        ("PUBLIC_URL", "https://gallery.example,http://192.168.1.5:8000"),
        ("PUBLIC_URL", ","),
        ("HSTS_SCOPE", "everything"),
        ("MEDIA_STORAGE", "s3"),
        ("MEDIA_STORAGE", "s3://gallery"),
        ("X_ACCEL_PREFIX", "stored"),
        ("HTTPS_PROXY", "socks5://proxy.example"),
        ("HTTPS_PROXY", "http://"),
        ("REQUESTS_CA_BUNDLE", "/nonexistent/ca.pem"),
        ("PUBLIC_URL", "gallery.example"),
        ("PUBLIC_URL", "https://gallery.example/path"),
        ("PUBLIC_URL", "https://user:word@gallery.example"),
        ("PUBLIC_URL", "ftp://gallery.example"),
        ("PUBLIC_URL", "https://gallery.example:99999"),
        ("DATABASE_URL", "mysql://u:p@h/n"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "postgres://host"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:////tmp/x?timeout=abc"),
        ("VENICE_BASE_URL", "http://api.venice.ai/api/v1"),
        ("VENICE_BASE_URL", "file:///etc/passwd"),
        ("VENICE_BASE_URL", "https://user:word@api.venice.ai/api/v1"),
        ("VENICE_BASE_URL", "https://api.venice.ai/api/v1?x=1"),
        ("VENICE_BASE_URL", "https://api.venice.ai/api/../v1"),
        ("VENICE_API_KEY", f"{KEY} {KEY}"),
        ("VENICE_API_KEY", f"{KEY}\n{KEY}"),
        ("VENICE_API_KEY", f"{KEY}ключ"),
    ],
)
def test_it_stops_with_one_line(tmp_path: Path, name: str, value: str) -> None:
    done = manage(tmp_path, "version", **{name: value})

    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert name in done.stderr
    assert KEY not in done.stderr + done.stdout


def test_it_names_the_setting(tmp_path: Path) -> None:
    assert "PORT" in manage(tmp_path, "version", PORT="x").stderr


@pytest.mark.parametrize("given", [f"  {KEY}\n", f'"{KEY}"', f"Bearer {KEY}"])
def test_it_trims_a_key(tmp_path: Path, given: str) -> None:
    assert show(tmp_path, "settings.VENICE_API_KEY", VENICE_API_KEY=given) == KEY


def test_it_reads_a_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    assert show(tmp_path, "settings.VENICE_API_KEY", VENICE_API_KEY_FILE=str(tmp_path / "key")) == KEY


def test_an_empty_secret_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")
    shown = show(
        tmp_path, "settings.VENICE_API_KEY", VENICE_API_KEY_FILE=str(tmp_path / "key"), VENICE_API_KEY=KEY
    )
    assert shown == KEY


@pytest.mark.parametrize(
    ("mode", "entries", "after"),
    [
        (0o755, [], 0o700),
        (0o755, ["secret_key", "gallery.sqlite3", "gallery.sqlite3-wal", "media/", "spool/"], 0o700),
        # A group that was let in is somebody's decision.
        (0o750, ["secret_key"], 0o750),
        (0o755, ["secret_key", "thesis.pdf"], 0o755),
        (0o1777, [], 0o1777),
    ],
)
def test_it_closes_a_folder_that_is_its_own(
    tmp_path: Path, mode: int, entries: list[str], after: int
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for entry in entries:
        if entry.endswith("/"):
            (data / entry).mkdir()
        else:
            (data / entry).write_text(DRAWN)
    data.chmod(mode)

    show(tmp_path, "settings.DATA_DIR")

    assert stat.S_IMODE(data.stat().st_mode) == after


@pytest.mark.parametrize("given", [{}, {"SECRET_KEY": DRAWN}])
def test_it_makes_a_folder_for_itself_alone(tmp_path: Path, given: dict[str, str]) -> None:
    show(tmp_path, "settings.DATA_DIR", **given)
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("door", "mode", "is_named"), [(0o711, 0o644, True), (0o711, 0o640, False), (0o700, 0o644, False)]
)
def test_it_names_a_secret_file_that_others_can_read(
    tmp_path: Path, door: int, mode: int, is_named: bool
) -> None:
    """They need a way to it as well; pytest's own folders have none."""
    with tempfile.TemporaryDirectory(prefix="gallery-open-") as folder:
        key = Path(folder) / "key"
        key.write_text(KEY)
        key.chmod(mode)
        Path(folder).chmod(door)
        done = manage(tmp_path, "check", VENICE_API_KEY_FILE=str(key))

    assert done.returncode == 0
    assert (f"change {key}" in done.stderr) == is_named
    assert KEY not in done.stderr + done.stdout


@pytest.mark.parametrize("given", ["", "  "])
def test_an_empty_value_is_none(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """An empty HOST would listen everywhere, an empty DATA_DIR be the current folder."""
    for name in ("HOST", "DATA_DIR", "TIME_ZONE", "LOG_FORMAT", "PORT", "PUBLIC_URL", "DEBUG"):
        monkeypatch.setenv(name, given)
    assert environment.text("HOST", "127.0.0.1") == "127.0.0.1"
    assert environment.data_dir(ROOT) == ROOT
    assert environment.choice("LOG_FORMAT", "text", ("text", "json")) == "text"
    assert environment.number("PORT", 8000, 1, 65_535) == 8000
    assert environment.public_urls("http://127.0.0.1:8000") == ("http://127.0.0.1:8000",)


def test_a_value_that_begins_like_a_variable_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_KEY", f"${DRAWN}")
    assert environment.secret_key(tmp_path) == f"${DRAWN}"
    monkeypatch.setenv("SECRET_KEY", "$HOME-and-29-characters-0123456789")
    assert environment.secret_key(tmp_path) == "$HOME-and-29-characters-0123456789"


@pytest.mark.parametrize(
    "line", [f"VENICE_API_KEY = {KEY}", f" VENICE_API_KEY={KEY}", f"VENICE_API_KEY: {KEY}"]
)
def test_a_line_of_the_file_that_says_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Passed over, the emulator would draw; printed, the key would stand in a log."""
    given = {"GIVEN": "before"}
    monkeypatch.setattr("os.environ", given)
    monkeypatch.setattr("environ.Env.ENVIRON", given)
    file = tmp_path / ".env"
    file.write_text("# words\n\n  # more\nexport PORT=8200\nGIVEN=after\nTIME_ZONE='Europe/Rome'\r\nHOST=\n")
    environment.read_file(file)
    assert [environment.text(name, "-") for name in ("PORT", "GIVEN", "TIME_ZONE", "HOST")] == [
        "8200",
        "before",
        "Europe/Rome",
        "-",
    ]
    file.write_text(f"PORT=8200\n{line}\n")
    with pytest.raises(ImproperlyConfigured, match=r"Line 2 of .*env' is not NAME=VALUE") as refused:
        environment.read_file(file)
    assert KEY not in str(refused.value) + caplog.text


@pytest.mark.parametrize("value", ["0000000000000", "0" * 12 + "9" * 9, "0" * 12 + "9" * 5000])
def test_a_number_behind_zeros_is_within_its_bounds_too(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("TRASH_DAYS", value)
    with pytest.raises(ImproperlyConfigured, match="TRASH_DAYS must be a whole number from 0 to 36500"):
        environment.number("TRASH_DAYS", 30, 0, 36_500)


@pytest.mark.parametrize("name", ["c++", "a#b", "x?y", "100%25"])
def test_the_database_is_in_its_folder_whatever_that_is_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    file = tmp_path / name / "gallery.sqlite3"
    assert environment.database(file) == {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}


@pytest.mark.parametrize(
    "url", ["postgres://host", "sqlite:///", "sqlite:///:memory:", "sqlite:////x?timeout=abc"]
)
def test_an_address_without_a_database_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL cannot be read"):
        environment.database(Path("/x"))


def test_it_stops_when_a_secret_file_is_missing(tmp_path: Path) -> None:
    done = manage(tmp_path, "version", VENICE_API_KEY_FILE=str(tmp_path / "absent"))
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)


def test_it_makes_a_secret_key_once(tmp_path: Path) -> None:
    first = show(tmp_path, "settings.SECRET_KEY")
    path = tmp_path / "data" / "secret_key"

    assert len(first) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert show(tmp_path, "settings.SECRET_KEY") == first
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_key"]


@pytest.mark.one_in(3)
@pytest.mark.parametrize("kept", ["k" * 50, "abcdefgh" * 4, "django-insecure-6x!kq2_z9w$b7#m4v", "short"])
def test_a_kept_key_that_can_be_guessed_is_refused(tmp_path: Path, kept: str) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data/secret_key").write_text(kept)
    done = manage(tmp_path, "version")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "secret_key" in done.stderr
    assert "remove the file" in done.stderr
    assert kept not in done.stderr


@pytest.mark.parametrize("draw", [secrets.token_urlsafe, secrets.token_hex])
def test_no_key_that_was_drawn_can_be_guessed(draw: Callable[[int], str]) -> None:
    assert not any(environment._can_be_guessed(draw(size)) for size in (32, 48) for _ in range(5000))


@pytest.mark.parametrize(
    ("url", "secure"), [("https://gallery.example", True), ("http://gallery.example:8000", False)]
)
def test_it_derives_everything_from_public_url(tmp_path: Path, url: str, secure: bool) -> None:
    names = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"]
    values = ", ".join(f"settings.{name}" for name in names)
    shown = show(
        tmp_path,
        f"{values}, settings.SECURE_HSTS_SECONDS > 0, settings.SECURE_PROXY_SSL_HEADER is not None, "
        "settings.SESSION_COOKIE_NAME.startswith('__Host-'), settings.ALLOWED_HOSTS[0], settings.CSRF_TRUSTED_ORIGINS",
        PUBLIC_URL=url,
    )
    assert shown == f"{' '.join([str(secure)] * 6)} gallery.example ['{url}']"


@pytest.mark.parametrize(
    ("given", "urls"),
    [
        ("HTTPS://Gallery.Example", ["https://gallery.example"]),
        ("https://gallery.example:443/", ["https://gallery.example"]),
        ("http://gallery.example:80", ["http://gallery.example"]),
        ("https://gallery.example.", ["https://gallery.example"]),
        ("https://Bücher.example:8443", ["https://xn--bcher-kva.example:8443"]),
        ("http://[FD00:0::0001]:8000", ["http://[fd00::1]:8000"]),
        (
            " http://gallery.lan , http://192.168.1.5:8000,HTTP://Gallery.lan",
            ["http://gallery.lan", "http://192.168.1.5:8000"],
        ),
    ],
)
def test_an_address_is_what_browsers_make_of_it(tmp_path: Path, given: str, urls: list[str]) -> None:
    """Hosts and origins are compared letter by letter with what browsers send."""
    hosts = [url.partition("://")[2].removesuffix(":8000").removesuffix(":8443") for url in urls]
    shown = show(
        tmp_path,
        "list(settings.PUBLIC_URLS) == settings.CSRF_TRUSTED_ORIGINS and settings.CSRF_TRUSTED_ORIGINS, "
        "settings.ALLOWED_HOSTS[:-3], settings.HTTPS, settings.PUBLIC_URL",
        PUBLIC_URL=given,
    )
    assert shown == f"{urls} {hosts} {urls[0].startswith('https')} {urls[0]}"


@pytest.mark.parametrize(
    "url",
    [
        "https://gallery.example",
        "http://192.168.1.5:8000",
        "http://localhost:8000,http://gallery.lan",
        "https://[::1]",
    ],
)
def test_debug_is_refused_where_people_come_from_outside(tmp_path: Path, url: str) -> None:
    done = manage(tmp_path, "version", PUBLIC_URL=url, DEBUG="on")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "DEBUG" in done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_debug_is_refused_on_a_port_that_others_reach(tmp_path: Path, host: str) -> None:
    done = manage(tmp_path, "version", HOST=host, DEBUG="on")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "HOST" in done.stderr


@pytest.mark.parametrize(
    ("scope", "expected"), [("", (False, False)), ("subdomains", (True, False)), ("preload", (True, True))]
)
def test_hsts_binds_other_names_only_when_told(tmp_path: Path, scope: str, expected: object) -> None:
    given = {"HSTS_SCOPE": scope} if scope else {}
    shown = show(
        tmp_path,
        "(settings.SECURE_HSTS_INCLUDE_SUBDOMAINS, settings.SECURE_HSTS_PRELOAD), settings.SECURE_HSTS_SECONDS > 0",
        PUBLIC_URL="https://gallery.example",
        **given,
    )
    assert shown == f"{expected} True"


def test_each_installation_has_cookie_names_of_its_own(tmp_path: Path) -> None:
    """Browsers keep them by host, whatever the port; what stands in them is as before a restart."""
    names = [f"settings.{name}_COOKIE_NAME" for name in ("SESSION", "CSRF", "MEDIA", "MESSAGES")]
    shown = [show(tmp_path / folder, ", ".join(names)).split() for folder in ("one", "two", "one")]
    assert shown[0] == shown[2]
    assert not set(shown[0]) & set(shown[1])
    copied = show(tmp_path / "one", ", ".join(names), PORT="8001").split()
    assert not set(shown[0]) & set(copied), "a copy beside it"
    secure = show(tmp_path / "one", ", ".join(names), PUBLIC_URL="https://gallery.example").split()
    assert [name.partition("-")[0] for name in secure] == ["__Host", "__Host", "__Secure", "__Host"]


@pytest.mark.one_in(4)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
@pytest.mark.parametrize("bypassed", ["", "venice.example"])
def test_venice_is_asked_through_the_proxy_that_programs_know(
    tmp_path: Path, migrated: Path, name: str, bypassed: str
) -> None:
    shutil.copytree(migrated, tmp_path / "data")
    asked: list[bytes] = []

    def answer() -> None:
        with suppress(OSError):
            while True:
                connection, _ = proxy.accept()
                with connection:
                    asked.append(connection.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as proxy:
        thread = threading.Thread(target=answer)
        thread.start()
        given = {
            "VENICE_API_KEY": KEY,
            "VENICE_BASE_URL": "https://venice.example/api/v1",
            name: f"http://127.0.0.1:{proxy.getsockname()[1]}",
            "NO_PROXY": bypassed,
        }
        done = manage(tmp_path, "sync_catalog", **given)
        proxy.shutdown(socket.SHUT_RDWR)
        thread.join(20)

    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1), done.stderr
    assert any(line.startswith(b"CONNECT venice.example:443 ") for line in asked) != bool(bypassed)
    assert KEY.encode() not in b"".join(asked)


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "No Venice key is set: the built-in emulator"),
        ({"VENICE_API_KEY": KEY}, "Pictures come from https://api.venice.ai/api/v1 and cost money."),
        ({"VENICE_API_KEY": KEY, "VENICE_BASE_URL": "http://127.0.0.1:9/api/v1"}, "VENICE_BASE_URL is this"),
        ({"VENICE_BASE_URL": "http://127.0.0.1:9/api/v1"}, "VENICE_BASE_URL is this"),
        (
            {"VENICE_BASE_URL": "https://venice.example/api/v1"},
            "No Venice key is set, so https://venice.example",
        ),
    ],
)
def test_the_start_says_who_draws(tmp_path: Path, environment: dict[str, str], words: str) -> None:
    code = "from gallery.pipeline.supervisor import _who_draws; print(_who_draws())"
    done = manage(tmp_path, "shell", "-v0", "-c", code, **environment)
    assert done.stdout.startswith(words), done.stderr


@pytest.mark.parametrize(
    ("environment", "emulated"),
    [
        ({}, True),
        ({"VENICE_API_KEY": KEY}, False),
        ({"VENICE_API_KEY": KEY, "VENICE_BASE_URL": "https://venice.example/api/v1"}, False),
        ({"VENICE_API_KEY": KEY, "VENICE_BASE_URL": "http://127.0.0.1:9/api/v1"}, True),
    ],
)
def test_it_knows_whether_venice_or_the_emulator_answers(
    tmp_path: Path, environment: dict[str, str], emulated: bool
) -> None:
    assert show(tmp_path, "settings.VENICE_EMULATED", **environment) == str(emulated)


@pytest.mark.parametrize("command", ["work", "sync_catalog"])
def test_it_refuses_to_talk_to_venice_without_a_key(tmp_path: Path, command: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/gallery.sqlite3").touch()
    (tmp_path / "data/secret_key").write_text(DRAWN)
    done = manage(tmp_path, command)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "VENICE_API_KEY" in done.stderr


@pytest.mark.parametrize("url", ["", "http://localhost:8000,http://127.0.0.1:8000", "http://[::1]:8000"])
def test_debug_is_for_this_machine_alone(tmp_path: Path, url: str) -> None:
    given = {"PUBLIC_URL": url} if url else {}
    assert show(tmp_path, "settings.DEBUG", DEBUG="on", **given) == "True"


def test_debug_is_off_by_default(tmp_path: Path) -> None:
    assert show(tmp_path, "settings.DEBUG") == "False"


def test_a_database_that_never_answers_is_given_up(tmp_path: Path) -> None:
    """What listens and says nothing is what a network that swallows packets looks like."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgres://gallery@127.0.0.1:{silent.getsockname()[1]}/gallery?connect_timeout=2"
        done = manage(tmp_path, "migrate", "--check", DATABASE_URL=url)

    assert done.returncode != 0
    assert "timeout" in done.stderr


def test_postgresql_has_deadlines_which_its_address_may_change(tmp_path: Path) -> None:
    options = "settings.DATABASES['default']['OPTIONS']"
    url = "postgres://gallery@db.example/gallery"

    assert show(tmp_path, f"{options}['tcp_user_timeout']", DATABASE_URL=url) == "15000"
    assert show(tmp_path, f"{options}['connect_timeout']", DATABASE_URL=f"{url}?connect_timeout=9") == "9"


@pytest.mark.one_in(4)
@pytest.mark.parametrize(
    "command",
    [
        "signin admin",
        "check_integrity",
        "remake_thumbnails",
        "sync_catalog",
        "fill_gallery --images 1",
        "createsuperuser --noinput --username admin",
        "showmigrations",
        "dumpdata",
    ],
)
def test_what_is_of_no_use_alone_leaves_nothing_where_no_site_is(tmp_path: Path, command: str) -> None:
    done = manage(tmp_path, *command.split())

    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no installation in" in done.stderr
    assert str(tmp_path / "data") in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
    assert manage(tmp_path, command.split()[0], "--help").returncode == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["", "help", "help serve", "web --help"])
def test_who_only_asks_leaves_no_data_behind(tmp_path: Path, command: str) -> None:
    """Of root, who is not who will run the site."""
    done = manage(tmp_path, *command.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("192.168.1.5", "http://192.168.1.5:8000"),
    ],
)
def test_where_it_listens_is_where_it_says_that_it_is(
    monkeypatch: pytest.MonkeyPatch, host: str, url: str
) -> None:
    monkeypatch.delenv("PUBLIC_URL", raising=False)
    assert environment.public_urls(environment.listening_url(host, 8000)) == (url,)
