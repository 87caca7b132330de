"""What holds for every source file: lines that a diff can show, views at a glance, and what a generator writes."""

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from django.template.engine import Engine

from benchmarks import ratios
from venice.operations import PARAMETER, PARAMETERS, TIERS

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 120
LONGEST_VIEW = 30
KINDS = (".py", ".html", ".jinja", ".css", ".js")
# Participles that say how a value came here, and not what it is: a match, a row, an index, a message, a hold.
VAGUE = {"found", "told", "known", "held", "mine", "standing"}
ALLOWED = {"not_found": "what HTTP calls 404"}


def sources() -> list[Path]:
    """The files that git knows, or would."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name.endswith(KINDS)]
    return [path for path in paths if path.exists() and not {"migrations", "vendor"} & set(path.parts)]


def test_no_line_is_longer_than_a_diff_can_show() -> None:
    found = sources()
    assert {path.suffix for path in found} == set(KINDS)
    long = [
        f"{path.relative_to(ROOT)}:{number}: {len(line)}"
        for path in found
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LONGEST
    ]
    assert long == []


def test_no_view_is_longer_than_one_reads_at_once() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}: {length}"
        for path in sorted((ROOT / "gallery/views").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_VIEW
    ]
    assert long == []


def test_the_shapes_are_as_their_generator_writes_them() -> None:
    assert ratios.SHEET.read_text(encoding="utf-8") == ratios.sheet()


def test_no_test_waits_by_a_text_that_the_page_must_evaluate() -> None:
    """Playwright's `wait_for_function` asks again by evaluating text, which our policy forbids: it fails when slow."""
    waits = re.compile(r"\.wait_for_function\(")
    found = [
        path for path in sources() if path.suffix == ".py" and waits.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_test_reads_a_page_by_patterns() -> None:
    """`tests/gallery/page.py` reads one: a pattern takes what stands in an attribute, or a comment, for words."""
    calls = [
        (path, node)
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.")
    ]
    assert calls
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}: {ast.unparse(call)}"
        for path, call in calls
        for node in ast.walk(call)
        if isinstance(node, ast.Attribute) and node.attr in ("content", "inner_html")
    ]
    assert found == []


def names_given(source: str) -> Iterator[str]:
    """Of functions, classes, arguments, variables and attributes, where the source gives them."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
                yield name
            case (
                ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name))
            ):
                yield name


def words_of(name: str) -> set[str]:
    """`held_until`, `heldUntil` and `HELD_UNTIL` are of the same two."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_names_say_what_a_value_is() -> None:
    """Not that it was found, told or known: those names fit any value, and so tell of none."""
    code = [
        path
        for path in sources()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ("gallery", "venice")
    ]
    vague = {
        (name, str(path.relative_to(ROOT)))
        for path in code
        for name in names_given(path.read_text(encoding="utf-8"))
        if words_of(name) & VAGUE
    }
    assert sorted(each for each in vague if each[0] not in ALLOWED) == []
    # Nothing is allowed that is not there.
    assert {name for name, _ in vague} == ALLOWED.keys()


def decorated_classes(folder: str) -> Iterator[tuple[str, str]]:
    """Each class below it, and what it is decorated with."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield node.name, " ".join(ast.unparse(each) for each in node.decorator_list)


def test_each_card_is_a_frozen_value_with_a_name_of_its_own() -> None:
    """Its template gets it whole, and its name says what it is a card of."""
    cards = [each for each in decorated_classes("gallery") if each[0].endswith(("Card", "Tile"))]
    names = [name for name, _ in cards]
    assert {"Tile", "GenerationCard", "CollectionCard"} <= set(names)
    assert len(set(names)) == len(names)
    assert "Card" not in names
    assert [name for name, decorators in cards if "dataclass(frozen=True" not in decorators] == []


# What hands a fragment something: `{% include "…" with a=… %}`, `{% jinja "…" a=… %}`.
HANDED = re.compile(r"{% (?:include \S+ with|jinja \S+) ([^%]*)%}")


def test_a_fragment_is_handed_one_thing() -> None:
    """What belongs together is one value before it comes to a template."""
    handed = [
        (str(path.relative_to(ROOT)), values)
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for values in HANDED.findall(path.read_text(encoding="utf-8"))
    ]
    assert handed
    assert [each for each in handed if each[1].count("=") > 1] == []


def test_words_from_outside_and_moments_are_written_by_their_tags() -> None:
    # The grid of pictures draws sixty at once: its words and days are written where they stand.
    by_hand = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "templates").rglob("*.*"))
        if re.search("<bdi|<time", path.read_text(encoding="utf-8"))
    ]
    assert by_hand == ["templates/gallery/_tiles.jinja"]


# A list as one value; what Venice charges, and what its emulator does.
NOUNS = {"listing", "pricing", "billing"}


def test_modules_are_named_by_nouns() -> None:
    """Not by what goes on in them: `filling` and `serving` tell nobody what they hold."""
    modules = [
        path.stem
        for path in sources()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ("gallery", "venice", "benchmarks")
    ]
    gerunds = {stem for stem in modules if any(word.endswith("ing") for word in stem.split("_"))}
    assert gerunds == NOUNS


# Where a constant beside that name is no request that might be sent.
NO_REQUESTS = {
    "gallery/downloads/facts.py": "the column where it is read",
    "gallery/synthetic/recipes.py": "all of it is pretend",
    "gallery/views/account.py": "what a pattern of names makes of a picture",
}


def constant_prompts(path: Path) -> list[int]:
    """The lines in which something is given a prompt that nobody has written."""
    lines = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        pairs: list[tuple[object, ast.expr]] = []
        if isinstance(node, ast.Call):
            pairs = [(each.arg, each.value) for each in node.keywords]
        elif isinstance(node, ast.Dict):
            names = (each.value if isinstance(each, ast.Constant) else None for each in node.keys)
            pairs = list(zip(names, node.values, strict=True))
        lines += [
            value.lineno
            for name, value in pairs
            if name == "prompt" and isinstance(value, ast.Constant) and value.value
        ]
    return lines


def test_nothing_is_asked_for_with_words_that_nobody_wrote() -> None:
    """A price and a check take what they need; a request that is only pretended might be sent one day."""
    found = [
        name
        for path in sources()
        if path.suffix == ".py" and (name := str(path.relative_to(ROOT))).startswith(("gallery/", "venice/"))
        if constant_prompts(path)
    ]
    assert sorted(found) == sorted(NO_REQUESTS)


# What the address of a list says, and where a value of that name is another thing, with the reason.
OF_A_LIST = {"q", "order", "from", "in"}
NO_LISTS = {
    "gallery/listing/selection.py": "whether there is an `in` at all: a list that is not there is refused",
    "gallery/views/batch.py": "the place of the first card within one click, which is no search",
    "gallery/views/marks.py": "the beginning of a tag's name",
    "gallery/views/pickers.py": "words of the names of models and styles",
}


def names_read(path: Path) -> Iterator[str]:
    """The names by which a file takes single values out of what was sent."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case (
                ast.Call(func=ast.Attribute(value=sent, attr="get"), args=[ast.Constant(value=str(name)), *_])
                | ast.Subscript(value=sent, slice=ast.Constant(value=str(name)))
            ):
                if ast.unparse(sent).split(".")[-1] in ("GET", "POST", "sent", "asked", "said"):
                    yield name


def test_the_address_of_a_list_is_read_in_one_place() -> None:
    """`Listing` and `Scope` read it: another order or filter is known to all lists."""
    readers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "gallery").rglob("*.py")
        if OF_A_LIST & set(names_read(path))
    }
    assert readers == {"gallery/listing/listing.py", "gallery/listing/scope.py", *NO_LISTS}


# Where sizes and lengths of time are written and read; and what only looks like that, with the reason.
FORMATS = {"gallery/formats.py", "venice/formats.py", "venice/operations/ratio.py"}
NO_SIZES = {
    "venice/cli/output.py": "counts up on a terminal, in one unit",
}
# A rounded number with a unit of time, or two numbers with a sign between them. A limit is told as it was set: `:g`.
WRITTEN = re.compile(r"\.\df\} (?:ms|s|min|h|days)\b|\}(?:[x×]| [x×] )\{")


def sizes_and_times(path: Path) -> Iterator[str]:
    """What a file makes of numbers with a sign or a unit beside them, or takes apart by one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.JoinedStr() if WRITTEN.search(ast.unparse(node)):
                yield ast.unparse(node)
            case ast.Call(
                func=ast.Attribute(attr="split" | "partition"), args=[ast.Constant(value="x" | "×")]
            ):
                yield ast.unparse(node)
            case ast.Constant(value=str(text)) if "[x×" in text or "[:x" in text:
                yield text


def test_sizes_and_lengths_of_time_are_written_and_read_in_one_place() -> None:
    found = {
        name: list(sizes_and_times(path))
        for path in sources()
        if path.suffix == ".py" and (name := str(path.relative_to(ROOT))).startswith(("gallery/", "venice/"))
        if not name.startswith(("venice/emulator/", "gallery/synthetic/")) and any(sizes_and_times(path))
    }
    assert found.keys() >= FORMATS
    assert {name: places for name, places in found.items() if name not in FORMATS | NO_SIZES.keys()} == {}
    assert found.keys() >= NO_SIZES.keys()


# What Django would write otherwise than `gallery/formats.py` does.
DJANGOS = re.compile(r"\|\s*(filesizeformat|floatformat|intcomma|naturaltime|timesince|timeuntil)\b")


def test_templates_write_sizes_and_lengths_of_time_as_all_else_does() -> None:
    written = {
        str(path.relative_to(ROOT)): DJANGOS.findall(path.read_text(encoding="utf-8"))
        for path in (ROOT / "templates").rglob("*.*")
    }
    assert {name: filters for name, filters in written.items() if filters} == {}


LOADED = re.compile(r"{% load ([\w ]+) %}")


def test_a_template_loads_only_what_it_uses() -> None:
    libraries = Engine.get_default().template_libraries
    idle = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        for name in " ".join(LOADED.findall(text)).split():
            offered = "|".join({**libraries[name].tags, **libraries[name].filters})
            if not re.search(rf"(?:{{%|\|)\s*(?:{offered})\b", text):
                idle.append((str(path.relative_to(ROOT)), name))
    assert idle == []


# Of the names that parameters have, so many together are a list of them.
FEW = 3
# By file, or by file and what holds it there: what is called alike and is another thing, with the reason.
NO_LISTS_OF_PARAMETERS = {
    "venice/emulator/": "what Venice takes, from its own description: the client's table is tried against it",
    "venice/cli/paid.py:_GENERATE_OPTIONS": "the order in which --help tells them; no more than an order",
    "venice/cli/files.py:PLACEHOLDERS": "words of a pattern of file names",
    "gallery/downloads/names.py:FIELDS": "words of a pattern of file names",
    "gallery/downloads/facts.py:Facts": "words of a pattern of file names",
    "gallery/media/parameters.py:_ALIKE": "names of another program",
    "gallery/search/operators.py:OPERATORS": "words of the search language",
    "gallery/search/index.py:": "columns that the index is made of",
    "gallery/admin/": "columns of the admin's tables",
    "gallery/listing/": "columns of pictures that a list reads",
    "gallery/variations/exact_matches.py:_SHOWN": "columns of pictures that a matrix reads",
    "gallery/models/prompt.py:_COPIED": "columns of pictures that prompts are counted by",
    "gallery/display/comparison.py:_OF_THE_PICTURE": "what stands below each picture already",
    "gallery/models/draft.py:_PLAIN": "values that tell without a label what they are",
    "gallery/variations/axes.py:": "axes, of which some are several parameters and some a part of one",
    "gallery/variations/matrix.py:": "values of one request",
    "gallery/forms/generate.py:GenerateForm": "values of one request",
    "gallery/forms/model_fields.py:_common_fields": "the fields that are each drawn in a way of their own",
}


def named(node: ast.AST) -> Iterator[str]:
    """The texts that a literal lists: its items or keys, the first of each pair, and those of lists within it."""
    if isinstance(node, ast.Dict):
        items: Sequence[ast.expr | None] = node.keys
    else:
        items = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else ()
    for item in items:
        if isinstance(item, ast.Starred):
            yield from named(item.value)
        elif isinstance(item, ast.Tuple) and item.elts:
            yield from named(ast.Tuple(item.elts[:1]))
        elif isinstance(item, ast.Constant) and isinstance(item.value, str):
            yield item.value


def lists_of_parameters(path: Path) -> Iterator[str]:
    """Where a file lists `FEW` parameters or more by their names: `file:what holds the list`."""
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = [*getattr(statement, "targets", []), getattr(statement, "target", None)]
        held = [each for target in targets for each in ast.walk(target or ast.Pass())]
        names = [each.id for each in held if isinstance(each, ast.Name)]
        holder = getattr(statement, "name", None) or (names[-1] if names else "")
        for node in ast.walk(statement):
            if len(set(named(node)) & PARAMETER.keys()) >= FEW:
                yield f"{path.relative_to(ROOT)}:{holder}"


def test_parameters_are_listed_once() -> None:
    """In `venice.operations`: everything that has to do with all of them, or with some kind of them, reads it there."""
    found = {
        place
        for path in sources()
        if path.suffix == ".py" and str(path.relative_to(ROOT)).startswith(("gallery/", "venice/"))
        if not path.is_relative_to(ROOT / "venice" / "operations")
        for place in lists_of_parameters(path)
    }
    other = {place for place in found if place.startswith(tuple(NO_LISTS_OF_PARAMETERS))}
    assert found - other == set()
    stale = [each for each in NO_LISTS_OF_PARAMETERS if not any(place.startswith(each) for place in other)]
    assert stale == [], "each of them is still there"


# Beside the table: what draws each field in a way of its own, and what is pretend.
ASKS_THE_MODEL = {"gallery/forms/model_fields.py", "gallery/synthetic/recipes.py"}


def test_what_a_model_takes_is_asked_of_the_table() -> None:
    """Of all that is taken as it is, or not at all, and of all that is chosen at a price, by no name of its own."""
    asked = [each for each in PARAMETERS if each in TIERS or (each.offer and not each.own_default)]
    fields = {name for each in asked for name in (each.offer, each.own_default) if name}
    assert {"uses_negative_prompt", "qualities", "default_resolution"} <= fields
    askers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "gallery").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in fields
    }
    assert askers == ASKS_THE_MODEL


def test_what_scripts_tell_each_other_is_heard() -> None:
    scripts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "static/js").glob("*.js"))
    told = set(re.findall(r'CustomEvent\("([a-z:-]+)"', scripts))
    assert {"live:say", "viewer:go"} <= told
    assert told - set(re.findall(r'(?<!CustomEvent\()"([a-z:-]+)"', scripts)) == set()


def rules_of(sheet: str) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Each rule of a style sheet: what it stands in, its selector, and its declarations."""
    around: list[str] = []
    for words, end in re.findall(r"([^{};]*)([{};])", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)):
        said = " ".join(words.split())
        if end == "{":
            around.append(said)
        elif end == "}":
            around.pop()
        elif around and said:
            yield tuple(around[:-1]), around[-1], said


def test_a_selector_stands_once_in_its_layer() -> None:
    again = []
    for path in sorted((ROOT / "static/css").glob("*.css")):
        sheet = path.read_text(encoding="utf-8")
        places = [
            place for place, _ in groupby((around, selector) for around, selector, _ in rules_of(sheet))
        ]
        again += [(path.name, *place) for place, times in Counter(places).items() if times > 1]
    assert again == []


COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|(?:oklch|rgb|hsl)a?\([^()]*\)", re.IGNORECASE)


def test_colours_stand_once_among_the_tokens() -> None:
    """The admin has sheets of its own maker beside ours, and with them tokens of its own."""
    stray, again = [], []
    for path in sorted((ROOT / "static/css").glob("*.css")):
        rules = list(rules_of(path.read_text(encoding="utf-8")))
        coloured = [(selector, said) for _, selector, said in rules if COLOUR.search(said)]
        stray += [
            (path.name, *each)
            for each in coloured
            if path.name not in {"app.css", "admin.css"}
            or not each[0].endswith(":root")
            or each[1][:2] != "--"
        ]
        values = [said.split(":", 1)[1].strip() for _, said in coloured]
        again += [(path.name, value) for value, times in Counter(values).items() if times > 1]
    assert stray == []
    assert again == []
