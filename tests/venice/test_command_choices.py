"""What the command says and refuses before it pays, and what it tells of a call that went wrong."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.venice.conftest import Script, answer
from tests.venice.test_command_line import TINY, Run, emulator, run, surroundings
from venice import __version__
from venice.cli.files import Pattern
from venice.cli.output import dollars, show_error
from venice.emulator import Emulator
from venice.errors import Busy
from venice.images import ImageBytes
from venice.operations import parameters_of
from venice.operations.ratio import nearest_ratio, pixels_of

__all__ = ["emulator", "run"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"error": "no", "details": {"style_preset": {"_errors": ["Unknown style"]}}},
            "style_preset: Unknown style",
        ),
        ({"error": "no", "issues": [{"path": ["steps"], "message": "Too many"}]}, "steps: Too many"),
        ({"error": "against the content policy", "suggested_prompt": "a calm canal"}, "a calm canal"),
    ],
)
def test_an_error_names_what_is_wrong(run: Run, script: Script, body: dict[str, object], words: str) -> None:
    script.plays(answer(json.dumps(body).encode(), 400))
    assert words in run("generate", "a canal", VENICE_BASE_URL=script.url).stderr


def test_a_style_that_does_not_exist_is_named(run: Run) -> None:
    done = run("generate", "a canal", *TINY, "--style", "nope")
    assert done.returncode == 4
    assert "style_preset" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "a canal"),
        ("generate", "a canal", "--json"),
        ("generate", "a canal", "--model", "unknown"),
        ("edit", "a canal", "--image", "https://images.example/a.png", "--model", "unknown"),
        ("limits",),
        ("balance",),
        ("usage",),
    ],
)
def test_a_missing_key_is_said_before_anything_is_sent(
    run: Run, script: Script, arguments: tuple[str, ...]
) -> None:
    done = run(*arguments, VENICE_API_KEY="", VENICE_BASE_URL=script.url)
    assert done.returncode == 5
    assert "VENICE_API_KEY is not set" in done.stderr
    assert script.connections == 0


def test_what_needs_no_key_is_done_without_one(run: Run) -> None:
    assert run("models", VENICE_API_KEY="").returncode == 0
    assert run("generate", "a canal", "--dry-run", VENICE_API_KEY="").returncode == 0
    assert run("generate", "a canal", "--dry-run", "--model", "unknown", VENICE_API_KEY="").returncode == 0


@pytest.mark.parametrize(
    ("references", "words"),
    [
        (["nope.png"], "image 1 cannot be read: No such file or directory: nope.png."),
        (["https://images.example/a.png", "words.txt"], "image 2 is no image"),
        (["https://images.example/a.png:7"], "the strength of image 1 must be a number from 0.1 to 1."),
    ],
)
def test_a_style_reference_that_cannot_be_used_is_named(
    run: Run, tmp_path: Path, emulator: Emulator, references: list[str], words: str
) -> None:
    (tmp_path / "words.txt").write_text("words")
    given = [argument for text in references for argument in ("--style-reference", text)]
    done = run("generate", "a canal", *given, "--json")
    assert f"style_references: {words}" in done.stderr
    assert json.loads(done.stdout)["fields"].keys() == {"style_references"}
    assert emulator.ledger() == []


@pytest.mark.parametrize("fault", ["503", "504", "truncated"])
def test_the_seed_is_printed_whenever_a_call_went_wrong(run: Run, fault: str) -> None:
    done = run("generate", f"a canal [[fault:{fault}]]", *TINY, "--json")
    seed = json.loads(done.stdout)["seed"]
    assert f"The seed was {seed}." in done.stderr


@pytest.fixture
def hangs_up() -> Iterator[None]:
    """As from a terminal: whoever is started by `nohup` ignores it, and all children do."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangs_up")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_seed_is_printed_by_who_is_interrupted(
    emulator: Emulator, tmp_path: Path, number: signal.Signals
) -> None:
    arguments = [sys.executable, "-m", "venice", "generate", "a canal [[fault:slow:30]]", *TINY, "--json"]
    with subprocess.Popen(
        arguments,
        cwd=tmp_path,
        env=surroundings(emulator),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 30
        while not emulator.ledger():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        out, printed = process.communicate(timeout=30)
    (seed,) = set(re.findall(r"[Ss]eed (?:was )?(\d+)", printed))
    if number != signal.SIGKILL:
        assert json.loads(out) == {
            "error": "Interrupted",
            "may_be_charged": True,
            "seed": int(seed),
            "model": "z-image-turbo",
        }


def asked(run: Run, *arguments: str) -> dict[str, object]:
    done = run("generate", "a canal", *arguments, "--dry-run")
    assert done.returncode == 0, done.stderr
    request: dict[str, object] = json.loads(done.stdout)["request"]
    return request


def test_a_ratio_becomes_pixels_and_pixels_a_ratio(run: Run, emulator: Emulator) -> None:
    wide = asked(run, "--aspect-ratio", "16:9")
    assert (wide["width"], wide["height"], "aspect_ratio" in wide) == (1280, 720, False)
    tall = asked(run, "--aspect-ratio", "9:16", "--model", "venice-sd35")
    assert (tall["width"], tall["height"]) == (720, 1280)
    ratio = asked(run, "--width", "1280", "--height", "720", "--model", "nano-banana-2")
    assert (ratio["aspect_ratio"], "width" in ratio) == ("16:9", False)
    assert emulator.ledger() == []


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    "arguments",
    [
        ("--aspect-ratio", "wide"),
        ("--aspect-ratio", "auto"),
        ("--aspect-ratio", "1:9"),
        ("--aspect-ratio", "0:1"),
        ("--aspect-ratio", "16:9", "--width", "512"),
        ("--resolution", "4K"),
        ("--model", "nano-banana-2", "--width", "1280", "--height", "128"),
        ("--model", "nano-banana-2", "--aspect-ratio", "7:1"),
    ],
)
def test_a_size_that_the_model_cannot_have_is_refused(
    run: Run, emulator: Emulator, arguments: tuple[str, ...]
) -> None:
    done = run("generate", "a canal", *arguments)
    assert done.returncode == 2, done.stderr
    assert emulator.ledger() == []


@pytest.mark.parametrize("divisor", [1, 8, 16])
@pytest.mark.parametrize(
    "ratio", ["1:1", "3:2", "2:3", "16:9", "9:16", "21:9", "3:4", "4:5", "5:1", "1:5", "1000:999"]
)
def test_pixels_of_a_ratio_fit_the_model(ratio: str, divisor: int) -> None:
    size = pixels_of(ratio, divisor)
    assert size
    wanted = int(ratio.split(":")[0]) / int(ratio.split(":")[1])
    assert size.width % divisor == size.height % divisor == 0
    assert max(size) <= 1280
    assert 0.96 < size.width / size.height / wanted < 1.04
    assert nearest_ratio(*size, [ratio, "1:4"]) == ratio


def test_dry_run_shows_the_request_and_sends_nothing(run: Run, script: Script) -> None:
    done = run("generate", "a canal", "--seed", "7", "--dry-run", VENICE_BASE_URL=script.url)
    result = json.loads(done.stdout)
    assert (result["path"], result["price_usd"], result["seed"]) == ("/image/generate", "0.010000", 7)
    assert result["request"]["prompt"] == "a canal"
    assert run("generate", "a canal", "--steps", "9999", "--dry-run").returncode == 2
    assert script.connections == 0


def test_whatever_a_request_has_is_an_option(run: Run) -> None:
    """But for what is typed without one, and how an answer comes, which the command knows itself."""
    for kind, others in (
        ("generate", {"prompt", "safe_mode"}),
        ("edit", {"prompt", "safe_mode", "output_format"}),
    ):
        told = set(re.split(r"[\s,\]]", run(kind, "--help").stdout))
        wanted = [each for each in parameters_of(kind) if each.is_seen and each.name not in others]
        assert [each.name for each in wanted if each.option not in told] == []


def test_what_a_command_needs_is_told_letter_by_letter(run: Run) -> None:
    assert "needs a key of the kind ADMIN." in " ".join(run("balance", "--help").stdout.split())


def test_version(run: Run) -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"venice {__version__}\n")


@pytest.mark.parametrize("most", ["-1", "0", "x", "٣", "9" * 20, "9" * 5000])
def test_a_count_that_is_none_is_refused(run: Run, most: str) -> None:
    done = run("usage", "--most", most)
    assert done.returncode == 2
    assert "must be a number from 1 to 1,000,000" in done.stderr


def test_a_day_that_is_none_is_refused(run: Run) -> None:
    done = run("usage", "--since", "nonsense")
    assert done.returncode == 2
    assert "must be a day such as" in done.stderr


def test_times_say_their_zone(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("generate", "a canal", *TINY).returncode == 0
    used = run("usage").stdout.splitlines()
    assert re.match(r"[0-9]{4}(-[0-9]{2}){2} [0-9]{2}(:[0-9]{2}){2}\+00:00  ", used[1])
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        show_error(Busy("Busy.", retry_at=datetime(2026, 11, 27, 12, 0, tzinfo=UTC)), as_json=False)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert "Try again at 17:30:00+05:30." in capsys.readouterr().err


def test_a_dash_is_no_negative_prompt(run: Run, emulator: Emulator) -> None:
    done = run("generate", "a canal", "--negative-prompt", "-", *TINY)
    assert done.returncode == 2
    assert "only the prompt is read from stdin" in done.stderr
    assert emulator.ledger() == []


def test_prices_are_whole() -> None:
    assert [dollars(Decimal(text)) for text in ("0.012345", "0.000001", "0.01", "0.1")] == [
        *("$0.012345", "$0.000001", "$0.01", "$0.10"),
    ]


@pytest.mark.parametrize(
    "suffix", ["gif", "GIF", "bmp", "tiff", "heic", "avif", "jxl", "svg", "pdf", "png", "jpg", "mp4"]
)
def test_a_name_promises_nothing_that_the_bytes_are_not(suffix: str) -> None:
    image = ImageBytes(b"RIFF\0\0\0\0WEBP", "webp")
    assert Pattern(f"a.{suffix}").path(image, 1, {}).name == "a.webp"
    assert Pattern("a.webp").path(image, 1, {}).name == "a.webp"
    assert Pattern("a.WEBP").path(image, 1, {}).name == "a.WEBP"
    assert Pattern("a.jfif").path(ImageBytes(b"\xff\xd8\xff", "jpeg"), 1, {}).name == "a.jfif"
