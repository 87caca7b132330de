"""The command line: each command asks the client once, and its exit status tells what to do about a failure."""

import argparse
import os
import sys
from collections.abc import Sequence

from venice.access import DEFAULT_BASE_URL
from venice.cli import asking, making
from venice.cli.output import show_error
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
The key is read from VENICE_API_KEY, another address of the API from VENICE_BASE_URL.

exit status: 0 done · 1 Venice failed or answered nonsense · 2 the request cannot be sent as it is · 3 not sent ·
4 refused · 5 the key or the set-up is wrong · 6 no credits · 7 busy, try later · 8 no whole answer, may have been
charged · 9 moderated · 130 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        with Client(
            os.environ.get("VENICE_API_KEY"), os.environ.get("VENICE_BASE_URL") or DEFAULT_BASE_URL
        ) as client:
            status: int = options.run(client, options)
            return status
    except VeniceError as error:
        show_error(error, options.saved, as_json=options.json)
        return exit_status(error)
    except KeyboardInterrupt:
        if options.costs_money:
            print("Interrupted. If the request had left, it may be charged all the same.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Who reads us has seen enough; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"{error.filename or 'The output'}: {error.strerror}", file=sys.stderr)
        return 1


def exit_status(error: VeniceError) -> int:
    """The exit status for an error, by the reaction that it asks for."""
    return next((status for kind, status in EXIT_STATUSES if isinstance(error, kind)), 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m venice",
        description="The Venice.ai image API as a command.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    making.add_commands(commands)
    asking.add_commands(commands)
    return parser
