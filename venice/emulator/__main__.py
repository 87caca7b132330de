"""`python -m venice.emulator`: the emulator as a process of its own, until SIGTERM or Ctrl-C."""

import argparse
import signal
import threading
from decimal import Decimal, InvalidOperation
from types import FrameType

try:
    from venice.emulator.faults import FAULTS
    from venice.emulator.server import Emulator
except ModuleNotFoundError as error:
    if error.name != "PIL":
        raise
    raise SystemExit("venice.emulator needs Pillow: pip install 'venice-gallery[emulator]'") from None


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal comes. The first line on stdout is the base URL, printed once it accepts."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    try:
        emulator = Emulator(**vars(options))
    except OSError as error:
        raise SystemExit(f"venice.emulator: port {options.port}: {error.strerror}") from error
    with emulator:
        print(emulator.url, flush=True)
        stop.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    faults = "\n".join(f"  {name:16} {meaning}" for name, meaning in FAULTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m venice.emulator",
        description="The Venice image API on 127.0.0.1. State is in memory only.",
        epilog=f"faults, by [[fault:NAME]] in a prompt or POST /_emulator/faults:\n{faults}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=_port, default=8765, help="0 takes a free one (default 8765)")
    parser.add_argument("--key", help="the only right key; without it any key is")
    parser.add_argument("--latency-ms", type=_positive, default=0, help="wait before each picture")
    parser.add_argument("--balance-usd", type=_usd, default=Decimal(50), help="to begin with (50)")
    parser.add_argument("--rate-limit", type=_count, default=20, help="images per model and 60 s (20)")
    parser.add_argument("--error-budget", type=_count, default=20, help="failures per model and 30 s (20)")
    return parser


def _port(text: str) -> int:
    return _whole(text, 65_535)


def _count(text: str) -> int:
    return _whole(text, 1_000_000)


def _whole(text: str, most: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) > most:
        raise argparse.ArgumentTypeError(f"a whole number from 0 to {most}")
    return int(text)


def _positive(text: str) -> float:
    number = float(text)
    if not 0 <= number < 3_600_000:
        raise argparse.ArgumentTypeError("a number from 0 to 3600000")
    return number


def _usd(text: str) -> Decimal:
    try:
        usd = Decimal(text)
    except InvalidOperation as error:
        raise argparse.ArgumentTypeError("an amount of US dollars") from error
    if not usd.is_finite():
        raise argparse.ArgumentTypeError("an amount of US dollars")
    return usd


if __name__ == "__main__":
    raise SystemExit(main())
