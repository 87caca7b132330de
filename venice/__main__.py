"""`python -m venice generate "a prompt"`: make images from the command line."""

import argparse
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from venice.access import DEFAULT_BASE_URL
from venice.catalog import Model, bundled_models
from venice.client import Client
from venice.errors import InvalidRequest, Misconfigured, VeniceError
from venice.operations import FORMATS, MAX_SEED, Generate
from venice.results import Result

DEFAULT_MODEL = "z-image-turbo"
_OPTIONS: tuple[tuple[str, type], ...] = (
    ("negative-prompt", str),
    ("width", int),
    ("height", int),
    ("aspect-ratio", str),
    ("resolution", str),
    ("quality", str),
    ("steps", int),
    ("cfg-scale", float),
    ("style-preset", str),
    ("variants", int),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 Venice or the network said no, 2 the request cannot be sent, 130 Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        return _generate(options)
    except (InvalidRequest, Misconfigured) as error:
        print(f"{error} {error.advice}", file=sys.stderr)
        return 2
    except VeniceError as error:
        print(f"{error}. {error.advice}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m venice", description="A client of the Venice.ai image API."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    generate = commands.add_parser(
        "generate",
        help="make images from a text",
        description="Each call costs money. VENICE_API_KEY holds the key; VENICE_BASE_URL another address.",
    )
    generate.add_argument("prompt")
    generate.add_argument("--model", default=DEFAULT_MODEL)
    generate.add_argument("--out", type=Path, default=Path("image"), help="file; the suffix may be left out")
    generate.add_argument("--seed", type=int, help="default: drawn by chance and printed")
    generate.add_argument("--format", choices=FORMATS)
    generate.add_argument("--unsafe", action="store_true", help="do not blur adult content")
    for name, kind in _OPTIONS:
        generate.add_argument(f"--{name}", type=kind)
    return parser


def _generate(options: argparse.Namespace) -> int:
    # Not for secrets: any number that can be sent again will do.
    seed = random.randint(0, MAX_SEED) if options.seed is None else options.seed  # noqa: S311
    names = [name.replace("-", "_") for name, _ in _OPTIONS]
    operation = Generate(
        model=options.model,
        prompt=options.prompt,
        seed=seed,
        format=options.format,
        safe_mode=not options.unsafe,
        **{name: getattr(options, name) for name in names},
    )
    known = next((model for model in bundled_models() if model.id == options.model), None)
    if known:
        operation = _fitting(operation, known)
    if not options.out.parent.is_dir():
        print(f"{options.out.parent} is not a folder.", file=sys.stderr)
        return 2
    with Client(
        os.environ.get("VENICE_API_KEY"), os.environ.get("VENICE_BASE_URL") or DEFAULT_BASE_URL
    ) as client:
        result = client.run(operation)
    _save(result, options.out)
    print(f"seed {seed}", file=sys.stderr)
    return 0


def _fitting(operation: Generate, model: Model) -> Generate:
    operation = operation.for_model(model)
    if problems := operation.problems(model):
        raise InvalidRequest(" ".join(problems.values()), field_errors=problems)
    return operation


def _save(result: Result, out: Path) -> None:
    """Write each image beside what is there already; a paid image never replaces a file."""
    for number, image in enumerate(result.images, start=1):
        stem = out.stem if len(result.images) == 1 else f"{out.stem}-{number}"
        suffix = out.suffix or f".{image.format}"
        path, copy = out.with_name(f"{stem}{suffix}"), 1
        while path.exists():
            path, copy = out.with_name(f"{stem}.{copy}{suffix}"), copy + 1
        path.write_bytes(image.data)
        print(path)


if __name__ == "__main__":
    sys.exit(main())
