"""The commands that cost money: generate, edit, upscale, remove-background."""

import argparse
import random
import time
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from venice.catalog import Model, bundled_models, bundled_styles
from venice.cli.files import Pattern, save
from venice.cli.output import dollars, say, show, show_json, waiting
from venice.cli.sizes import sized
from venice.cli.stdin import image_source, negative_text, prompt_text
from venice.client import Client
from venice.errors import BadResponse, InvalidRequest, Unanswered, VeniceError
from venice.formats import duration
from venice.operations import (
    DEFAULT_EDIT_MODEL,
    MAX_SEED,
    PARAMETER,
    Edit,
    Generate,
    MultiEdit,
    Operation,
    RemoveBackground,
    StyleReference,
    Upscale,
    parameters_of,
)
from venice.pricing import price
from venice.results import Result
from venice.shortfall import unread
from venice.text import decode_json

DEFAULT_MODEL = "z-image-turbo"
MODERATED = 9

# Options whose names are those of the request's fields, and which are sent as they are: this is the order in which
# --help tells them, which is not the table's; a test holds that none is missing.
_GENERATE_OPTIONS = (
    *("variants", "negative_prompt", "width", "height", "aspect_ratio", "resolution", "quality", "steps"),
    *("cfg_scale", "format", "lora_strength", "enhance_prompt", "enable_web_search", "hide_watermark"),
    *("embed_exif_metadata", "disable_prompt_optimization_thinking"),
)
_EDIT_OPTIONS = tuple(each.name for each in parameters_of(Edit.kind) if each.name in _GENERATE_OPTIONS)
_UPSCALE_OPTIONS = tuple(each.name for each in parameters_of(Upscale.kind))
_TYPES = {"integer": int, "number": float}

_Commands = Any  # argparse's own type for it is private


def add_commands(commands: _Commands) -> None:
    _add_generate(commands)
    edit = _add(commands, "edit", _edit, "change an image, or join several into one", "edit")
    edit.add_argument("prompt", help="what is to be done; - reads it from stdin")
    edit.add_argument(
        "--image",
        action="append",
        required=True,
        metavar="FILE",
        help="path, URL or - for stdin; may be repeated",
    )
    edit.add_argument("--model", default=DEFAULT_EDIT_MODEL)
    _add_options(edit, *_EDIT_OPTIONS, "quality")
    formats = ", ".join(PARAMETER["output_format"].choices)
    edit.add_argument("--format", dest="output_format", help=f"one of {formats}")
    upscale = _add(commands, "upscale", _upscale, "enlarge an image 2 to 4 times", "upscaled")
    upscale.add_argument("image", metavar="FILE", help="path, or - for stdin")
    _add_options(upscale, *_UPSCALE_OPTIONS)
    cut = _add(
        commands, "remove-background", _remove_background, "cut the subject of an image out", "cut-out"
    )
    cut.add_argument("image", metavar="FILE", help="path, URL, or - for stdin")


def _add_generate(commands: _Commands) -> None:
    generate = _add(commands, "generate", _generate, "make images from a text", "image")
    generate.add_argument("prompt", help="what is to be seen; - reads it from stdin")
    generate.add_argument("--model", default=DEFAULT_MODEL)
    generate.add_argument("--seed", type=int, help="drawn by chance when left out, and always told")
    generate.add_argument("--style", "--style-preset", dest="style_preset", help="a name that `styles` lists")
    generate.add_argument(
        "--style-reference",
        action="append",
        dest="style_references",
        metavar="FILE[:STRENGTH]",
        help="path or URL whose style is followed, with a strength from 0.1 to 1; may be repeated",
    )
    _add_options(generate, *_GENERATE_OPTIONS)


def _add(commands: _Commands, name: str, run: Any, help: str, out: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=f"{help[:1].upper()}{help[1:]}."
    )
    parser.set_defaults(run=run, parameters={}, saved=None)
    parser.add_argument(
        "--out",
        default=out,
        metavar="PATTERN",
        help=f"such as {{seed}}-{{index}}.{{format}}, or - for stdout ({out})",
    )
    parser.add_argument("--json", action="store_true", help="tell everything about the call as JSON")
    parser.add_argument(
        "--dry-run", action="store_true", help="check and price the request, show it, and send nothing"
    )
    parser.add_argument(
        "--extra",
        action="append",
        type=_extra_field,
        default=[],
        metavar="NAME=JSON",
        help="a field that this version does not know; may be repeated, and has no price in the catalogue",
    )
    parser.add_argument(
        "--no-strict", dest="strict", action="store_false", help="send what this version would refuse"
    )
    if name in ("generate", "edit"):
        parser.add_argument("--unsafe", action="store_true", help="do not blur adult content")
    return parser


def _add_options(parser: argparse.ArgumentParser, *names: str) -> None:
    """An option for each of these parameters of the request; what is not given is not sent."""
    for parameter in (PARAMETER[name] for name in names):
        words = ", ".join(filter(None, (parameter.help.rstrip("."), ", ".join(parameter.choices)))) or None
        words = words.replace("%", "%%") if words else None
        if parameter.kind == "flag":
            parser.add_argument(parameter.option, action="store_true", default=None, help=words)
        else:
            parser.add_argument(parameter.option, type=_TYPES.get(parameter.kind, str), help=words)


def _generate(client: Client, options: argparse.Namespace) -> int:
    # Not for secrets: any number that can be sent again will do.
    seed = random.randint(0, MAX_SEED) if options.seed is None else options.seed  # noqa: S311
    fields = {name: getattr(options, name) for name in ("model", "prompt", "strict", *_GENERATE_OPTIONS)}
    fields["negative_prompt"] = negative_text(options.negative_prompt)
    fields["prompt"] = prompt_text(options.prompt)
    fields["format"] = options.format or Pattern(options.out).format
    references = [_reference(*numbered) for numbered in enumerate(options.style_references or (), 1)]
    operation = Generate(
        **fields,
        seed=seed,
        style_preset=_style(options.style_preset),
        style_references=references or None,
        extra=dict(options.extra),
        safe_mode=not options.unsafe,
    )
    model = _model(client, options, "image")
    if model and options.strict and model.takes_generate:
        operation = sized(operation, model)
        fitting = operation.for_model(model)
        for name in sorted(operation.payload().keys() - fitting.payload().keys()):
            say(f"{model.name} takes no {name}: left out.")
        operation = fitting
    return _make(client, options, operation, model, {"seed": seed, "model": options.model})


def _edit(client: Client, options: argparse.Namespace) -> int:
    given = {name: getattr(options, name) for name in ("prompt", "model", "strict", *_EDIT_OPTIONS)}
    given["prompt"] = prompt_text(options.prompt)
    given["extra"] = dict(options.extra)
    given["safe_mode"] = not options.unsafe
    images = [
        image_source(text, options.prompt, *options.image[:number])
        for number, text in enumerate(options.image)
    ]
    given["output_format"] = options.output_format or Pattern(options.out).format
    operation: Operation
    if len(images) > 1:
        operation = MultiEdit(images=images, quality=options.quality, **given)
    elif options.quality is not None:
        raise InvalidRequest("--quality is for several images only", field_errors={"quality": "not here."})
    else:
        operation = Edit(image=images[0], **given)
    return _make(client, options, operation, _model(client, options, "inpaint"), {"model": options.model})


def _upscale(client: Client, options: argparse.Namespace) -> int:
    given = {name: getattr(options, name) for name in _UPSCALE_OPTIONS}
    operation = Upscale(
        image=image_source(options.image), strict=options.strict, extra=dict(options.extra), **given
    )
    model = next((entry for entry in bundled_models() if entry.takes_upscale), None)
    return _make(client, options, operation, model, {"model": operation.model})


def _remove_background(client: Client, options: argparse.Namespace) -> int:
    operation = RemoveBackground(
        image=image_source(options.image), strict=options.strict, extra=dict(options.extra)
    )
    model = next((entry for entry in bundled_models() if entry.takes_background_removal), None)
    return _make(client, options, operation, model, {"model": operation.model})


def _make(
    client: Client,
    options: argparse.Namespace,
    operation: Operation,
    model: Model | None,
    parameters: Mapping[str, object],
) -> int:
    """Check the request, say what it costs, and buy it; of a dry run no more than what would be sent is shown."""
    pattern = Pattern(options.out)
    pattern.check_stdout(operation.image_count, as_json=options.json)
    if model and options.strict and (problems := operation.problems(model)):
        text = "; ".join(f"{field}: {message}" for field, message in problems.items())
        raise InvalidRequest(text, field_errors=problems)
    usd = price(operation, model) if model else None
    seed = f" Seed {parameters['seed']}." if "seed" in parameters else ""
    say(f"Price by the catalogue: {dollars(usd)}.{seed}")
    if operation.extra:
        say(f"What {', '.join(operation.extra)} may cost is in no catalogue.")
    if options.dry_run:
        request = operation.payload(images=False)
        show_json({"path": operation.path, "price_usd": usd, **parameters, "request": request})
        return 0
    options.parameters = dict(parameters)
    return _buy(client, options, operation, pattern, usd)


def _buy(
    client: Client,
    options: argparse.Namespace,
    operation: Operation,
    pattern: Pattern,
    usd: Decimal | None,
) -> int:
    """Send, save, tell. The `parameters` of the options are told of it, by whoever reacts to a failure too."""
    parameters = options.parameters
    began = time.monotonic()
    result = _answer(client, options, operation, pattern)
    seconds = time.monotonic() - began
    images = () if result.is_content_violation else result.images
    saved = options.saved = save(images, result.body, pattern, {**parameters, "id": result.id})
    if result.is_content_violation:
        say("Venice moderated this: the picture is black and was not charged. Change the prompt.")
    if options.json:
        show_json(_account(operation, result, usd, seconds, parameters) | saved.named())
    else:
        for file in saved.images:
            show(str(file))
    _tell(result, usd, seconds, parameters)
    if saved.answer:
        say(f"All that came is in {saved.answer}.")
    return MODERATED if result.is_content_violation else 0


def _answer(client: Client, options: argparse.Namespace, operation: Operation, pattern: Pattern) -> Result:
    """What Venice sends back. Of an answer that cannot be used, what came of it is `saved` in the options."""
    try:
        with waiting(f"Venice is at work ({options.parameters['model']})"):
            return client.run(operation)
    except BadResponse as error:
        options.saved = save((), error.body, pattern, options.parameters)
        raise
    except Unanswered as error:
        options.saved = save(error.images, error.body, pattern, options.parameters)
        raise


def _tell(result: Result, usd: Decimal | None, seconds: float, parameters: Mapping[str, object]) -> None:
    """In words, on stderr."""
    facts = [duration(timedelta(seconds=seconds))]
    facts += [f"seed {parameters['seed']}"] if "seed" in parameters else []
    facts += (
        [f"{dollars(usd)} by the catalogue"] if usd is not None and not result.is_content_violation else []
    )
    if (before := result.balance_usd) is not None:
        spent = Decimal(0) if result.is_content_violation else usd
        left = f", after it about {dollars(before - spent)}" if spent is not None else ""
        facts.append(f"balance before {dollars(before)}{left}")
    say(" · ".join(facts))
    if result.is_blurred:
        say("Venice blurred it; --unsafe asks it not to.")
    if result.bad_images:
        sent = len(result.images) + result.bad_images
        reasons = unread({entry.index: entry.reason for entry in result.unreadable}, sent, result.bad_images)
        say(f"{result.bad_images} of the {sent} images that came could not be read: {reasons}.")
    if result.deprecation:
        say(
            f"{result.deprecation.warning or 'This model goes away.'} {result.deprecation.replacement}".strip()
        )


def _account(
    operation: Operation,
    result: Result,
    usd: Decimal | None,
    seconds: float,
    parameters: Mapping[str, object],
) -> dict[str, Any]:
    """Everything that is known of the call, for --json."""
    return {
        "path": operation.path,
        **parameters,
        "id": result.id,
        "seconds": round(seconds, 3),
        "price_usd": usd,
        "balance_before_usd": result.balance_usd,
        "is_blurred": result.is_blurred,
        "is_content_violation": result.is_content_violation,
        "enhanced_prompt": result.enhanced_prompt or None,
        "inference_ms": result.timing.inference_ms,
        "total_ms": result.timing.total_ms,
        "images": [
            {"index": image.index, "format": image.format, "bytes": len(image.data)}
            for image in result.images
        ],
        "unreadable": result.bad_images,
        "reasons": [{"index": entry.index, "reason": entry.reason} for entry in result.unreadable],
        "cf_ray": result.cf_ray,
        "request_id": result.request_id,
    }


def _model(client: Client, options: argparse.Namespace, type: str) -> Model | None:
    """The catalogue's entry; asked of Venice, for free, only when the bundled catalogue does not know it.

    Misconfigured, before that, for a call that lacks its key.
    """
    for model in bundled_models():
        if model.id == options.model:
            return model
    if not options.dry_run:
        client.require_key()
    try:
        return next((model for model in client.models(type) if model.id == options.model), None)
    except VeniceError:
        # The call itself will say what is wrong.
        return None


def _style(name: str | None) -> str | None:
    """The style's exact name, for one that was typed in another case."""
    exact = {style.lower(): style for style in bundled_styles()}
    return exact.get(name.lower(), name) if name else name


def _extra_field(text: str) -> tuple[str, Any]:
    """NAME=JSON, such as transparent_background=true."""
    name, equals, value = text.partition("=")
    try:
        if name and equals:
            return name, decode_json(value.encode())
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text[:60]!r} is not NAME=JSON; a text is written in quotes")


def _reference(number: int, text: str) -> StyleReference:
    """FILE or FILE:STRENGTH; what follows a colon and is no number belongs to the name.

    InvalidRequest names the field that this is the `number`-th of, as for several images of an edit.
    """
    image, _, tail = text.rpartition(":")
    try:
        strength = float(tail) if image else None
    except ValueError:
        strength = None
    try:
        return StyleReference(image=text if strength is None else image, strength=strength)
    except InvalidRequest as error:
        words = {"image": f"image {number}", "strength": f"the strength of image {number}"}
        wrong = "; ".join(f"{words[field]} {message}" for field, message in error.field_errors.items())
        raise InvalidRequest(f"style_references: {wrong}", field_errors={"style_references": wrong}) from None
