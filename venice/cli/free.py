"""The commands that are free: models, styles, limits, balance, usage."""

import argparse
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from venice.account import ModelLimits
from venice.catalog import Model, bundled_models, bundled_styles
from venice.cli.output import dollars, say, show, show_json, show_table
from venice.client import Client
from venice.operations import MAX_SCALE, MIN_SCALE, PARAMETER, PARAMETERS, Edit, Generate, parameters_of
from venice.pricing import edit_price, generate_price, upscale_price

# Entries of the usage history that anybody can have asked for.
_MOST = 1_000_000
# They have a column of their own.
_SIZES = [each for each in PARAMETERS if each.is_shape or each is PARAMETER["resolution"]]
_Commands = Any  # argparse's own type for it is private


def add_commands(commands: _Commands) -> None:
    models = _add(commands, "models", _models, "what there is, what it takes and costs; needs no key")
    models.add_argument("--type", default="image", help="image, inpaint, upscale … (image)")
    models.add_argument("--offline", action="store_true", help="the catalogue that comes with this package")
    styles = _add(commands, "styles", _styles, "the style presets; needs no key")
    styles.add_argument("--offline", action="store_true", help="the list that comes with this package")
    _add(commands, "limits", _limits, "balances and requests a minute of the key")
    _add(commands, "balance", _balance, "what the account can pay with; needs a key of the kind ADMIN")
    usage = _add(commands, "usage", _usage, "what was paid for, oldest first; needs a key of the kind ADMIN")
    usage.add_argument("--since", type=_day, metavar="YYYY-MM-DD")
    usage.add_argument("--currency", help="USD, DIEM …")
    usage.add_argument("--most", type=_count, default=100, help="lines to show (100)")


def _add(commands: _Commands, name: str, run: Any, help: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=f"{help[:1].upper()}{help[1:]}."
    )
    parser.set_defaults(run=run, parameters={}, saved=None)
    parser.add_argument("--json", action="store_true")
    return parser


def _models(client: Client, options: argparse.Namespace) -> int:
    catalogue = bundled_models() if options.offline else client.models(options.type)
    models = [model for model in catalogue if options.type == "all" or model.type == options.type]
    if options.json:
        show_json([model.raw for model in models])
        return 0
    show_table(
        ("model", "price", "size", "prompt", "takes"),
        [(model.id, _price(model), _size(model), _prompt(model), _takes(model)) for model in models],
    )
    return 0


def _price(model: Model) -> str:
    if model.takes_upscale:
        return f"{dollars(upscale_price(model, MIN_SCALE))} to {dollars(upscale_price(model, MAX_SCALE))}"
    if model.takes_edit:
        return dollars(edit_price(model, input_images=1))
    return dollars(generate_price(model))


def _size(model: Model) -> str:
    if model.takes_generate and model.sizing == "pixels":
        return f"pixels/{model.divisor}"
    return " ".join((*model.aspect_ratios[:12], *model.resolutions)) or "–"


def _prompt(model: Model) -> str:
    """The most characters of a prompt, where there is one."""
    return str(model.prompt_limit) if model.takes_generate or model.takes_edit else "–"


def _takes(model: Model) -> str:
    """What the table of parameters tells of it, but for the sizes, and what else is its own."""
    kind = Generate.kind if model.takes_generate else Edit.kind
    facts = [
        *(each.words_about(model) for each in parameters_of(kind) if each not in _SIZES),
        "seed" if model.takes_generate and model.uses_seed else "",
        f"style references {model.max_style_references}" if model.supports_style_references else "",
        f"images {model.max_input_images}" if model.takes_edit else "",
        "offline" if model.offline else "",
    ]
    return ", ".join(fact for fact in facts if fact)


def _styles(client: Client, options: argparse.Namespace) -> int:
    names = bundled_styles() if options.offline else client.styles()
    if options.json:
        show_json(names)
    else:
        show("\n".join(names))
    return 0


def _limits(client: Client, options: argparse.Namespace) -> int:
    limits = client.rate_limits()
    if options.json:
        show_json(limits)
        return 0
    for name, amount in limits.balances.items():
        show(f"{name}: {amount}")
    show(f"access: {_said(limits.is_permitted, 'permitted', 'refused')}")
    if limits.models:
        show_table(("model", "limit"), [(each.model, _amounts(each)) for each in limits.models.values()])
    return 0


def _said(value: bool | None, yes: str, no: str) -> str:
    """What Venice tells in a word; `unknown` where it does not tell it."""
    if value is None:
        return "unknown"
    return yes if value else no


def _amounts(limits: ModelLimits) -> str:
    return ", ".join(f"{amount} {unit}" for unit, amount in limits.amounts.items())


def _balance(client: Client, options: argparse.Namespace) -> int:
    balance = client.balance()
    if options.json:
        show_json(balance.raw)
        return 0
    for name, amount in balance.amounts.items():
        show(f"{name}: {amount}")
    show(f"can pay: {_said(balance.can_consume, 'yes', 'no')}")
    return 0


def _usage(client: Client, options: argparse.Namespace) -> int:
    entries = list(islice(client.usage_history(options.currency, options.since), options.most))
    if options.json:
        show_json([entry.raw for entry in entries])
        return 0
    show_table(
        ("time", "what", "units", "amount", "currency"),
        [
            (
                entry.timestamp.isoformat(" ", "seconds") if entry.timestamp else "–",
                entry.sku,
                *(str(value) if value is not None else "–" for value in (entry.units, entry.amount)),
                entry.currency,
            )
            for entry in entries
        ],
    )
    if len(entries) == options.most:
        say(f"The first {options.most} lines; --most shows more.")
    return 0


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:10]) <= _MOST and len(text) < 10):
        raise argparse.ArgumentTypeError(f"must be a number from 1 to {_MOST:,}, not {text[:40]!r}")
    return int(text)


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a day such as 2026-11-27, not {text[:40]!r}") from None
