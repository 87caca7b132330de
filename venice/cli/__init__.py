"""The command line: each command asks the client once, and its exit status tells what to do about a failure."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence

from venice import __version__
from venice.cli import free, paid
from venice.cli.output import finish, prepare, say, show_error, show_json
from venice.client import Client
from venice.errors import (
    AuthenticationFailed,
    Busy,
    InsufficientBalance,
    InvalidRequest,
    Misconfigured,
    Moderated,
    NotSent,
    Refused,
    Unanswered,
    VeniceError,
)

#: The first class that fits an error names the exit status; anything else is 1.
EXIT_STATUSES: tuple[tuple[type[VeniceError], int], ...] = (
    (InvalidRequest, 2),
    (NotSent, 3),
    (Moderated, 9),
    (AuthenticationFailed, 5),
    (Misconfigured, 5),
    (InsufficientBalance, 6),
    (Refused, 4),
    (Busy, 7),
    (Unanswered, 8),
)
INTERRUPTED = 130
_EPILOG = """\
The key is read from VENICE_API_KEY, another address of the API from VENICE_BASE_URL, a proxy from HTTPS_PROXY and
certificates of your own authority from REQUESTS_CA_BUNDLE.

exit status: 0 done · 1 Venice failed or answered nonsense · 2 the request cannot be sent as it is · 3 not sent ·
4 refused · 5 the key or the set-up is wrong · 6 no credits · 7 busy, try later · 8 no whole answer, may have been
charged · 9 moderated · 130 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    prepare()
    _end_as_interrupted()
    try:
        status = _run(_parser().parse_args(arguments))
    except SystemExit as ended:
        # From argparse: help and version are results too.
        status = ended.code if isinstance(ended.code, int) else 0
    try:
        finish()
    except OSError as error:
        lost = _unwritten(error)
        return status or lost
    return status


def _end_as_interrupted() -> None:
    """Who is told to end, as by `timeout` or a terminal that closes, says what may have been paid as at Ctrl-C."""
    if threading.current_thread() is threading.main_thread():
        # Not every system knows the second one.
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # One that is ignored, as after `nohup`, stays so.
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, signal.default_int_handler)


def _run(options: argparse.Namespace) -> int:
    try:
        with Client() as client:
            status: int = options.run(client, options)
            return status
    except VeniceError as error:
        show_error(error, options.saved, options.parameters, as_json=options.json)
        return exit_status(error)
    except KeyboardInterrupt:
        return _interrupted(options)
    except OSError as error:
        _say_seed(options)
        if options.json and options.parameters:
            show_json(
                {"error": "OSError", "message": error.strerror, "may_be_charged": True, **options.parameters}
            )
        return _unwritten(error)


def _interrupted(options: argparse.Namespace) -> int:
    if options.parameters:
        say("Interrupted. If the request had left, it may be charged all the same.")
        _say_seed(options)
        if options.json:
            show_json({"error": "Interrupted", "may_be_charged": True, **options.parameters})
    return INTERRUPTED


def _say_seed(options: argparse.Namespace) -> None:
    if "seed" in options.parameters:
        say(f"The seed was {options.parameters['seed']}.")


def _unwritten(error: OSError) -> int:
    say(f"{error.filename or 'The output'}: {error.strerror}")
    return 1


def exit_status(error: VeniceError) -> int:
    """The exit status for an error, by the reaction that it asks for."""
    return next((status for kind, status in EXIT_STATUSES if isinstance(error, kind)), 1)


def _parser() -> argparse.ArgumentParser:
    name = os.path.basename(sys.argv[0])
    parser = argparse.ArgumentParser(
        prog="venice" if name == "venice" else "python -m venice",
        description="The Venice.ai image API as a command.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"venice {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    paid.add_commands(commands)
    free.add_commands(commands)
    return parser
