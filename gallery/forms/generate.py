"""The create form, drawn from what the chosen model takes, and read into what it asks for: one `Generate`, or many."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, Self, cast

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS

from gallery.formats import number
from gallery.forms.catalog import Catalog, not_offered
from gallery.forms.fields import WHOLE, said
from gallery.forms.form_values import models_named
from gallery.forms.model_change import carried
from gallery.forms.model_fields import (
    NO_MODELS,
    TIED_TO_MODEL,
    fields_of,
    model_field,
    usual_sides,
)
from gallery.forms.paid_form import SpendingForm
from gallery.forms.plan import Leg, Plan
from gallery.forms.price import PRICE
from gallery.models.generation import draw_seed
from gallery.text import clean_text
from gallery.variations import words
from gallery.variations.exact_matches import Repeat
from venice import Generate, InvalidRequest, Model
from venice.operations import PARAMETER, PARAMETERS

DRAWN_FOR = "drawn-for"
ADVANCED = frozenset(parameter.name for parameter in PARAMETERS if parameter.advanced) | {"variants"}
#: What is ours alone, and no part of a request.
OURS = frozenset({"count", "alternatives"})
_ORDER = {parameter.name: position for position, parameter in enumerate(PARAMETERS)}
#: More texts than that are not told apart.
COUNTLESS = 1_000_000
NO_WORDS = "one of the choices leaves no words. Write some beside the braces, or into each choice."


class GenerateForm(SpendingForm):
    """Fields named as Venice's parameters; only those that the chosen model takes exist.

    A valid form has its `operations`, each with a seed; `operation` is the first. Messages of the client end at the
    field they are about. `most` is how many pictures one click of this member may ask for.
    """

    button = "Generate"
    other_names: ClassVar = {
        "modelId": ("model", "say “model”"),
        "n": ("count", "say “count”"),
        "size": (NON_FIELD_ERRORS, "say “width” and “height”, or “aspect_ratio” and “resolution”"),
    }

    operation: Generate
    operations: Sequence[Generate] = ()
    #: What is there already, when the form was asked whether it is to be made once more.
    repeat: Repeat | None = None

    def __init__(
        self,
        catalog: Catalog,
        data: Mapping[str, Any] | None = None,
        *,
        initial: Mapping[str, Any] | None = None,
        unreadable: frozenset[str] = frozenset(),
        most: int | None = None,
    ) -> None:
        super().__init__(data, unreadable=unreadable)
        self.catalog = catalog
        self.most = settings.MAX_PICTURES_PER_CLICK if most is None else most
        first, *others = models_named((data if data is not None else initial) or {}) or [""]
        self.spec = catalog.find(first) or catalog.default
        by_name = {each: catalog.find(each) for each in others}
        self.others = tuple(model for model in by_name.values() if model and model is not self.spec)
        self.unknown_models = [each for each, model in by_name.items() if model is None]
        self.fields = {"model": model_field(catalog, self.spec), **fields_of(self.spec, catalog.styles)}
        shown = {**(initial or {}), "model": first} if initial else {}
        self.initial = {name: value for name, value in shown.items() if self.can_show(name, value)}

    @classmethod
    def redrawn(cls, catalog: Catalog, sent: Mapping[str, Any]) -> Self:
        """An unsent form that keeps what was `sent` as far as the model takes it.

        What were the defaults of the model that it was drawn for become those of the new one.
        """
        models = models_named(sent)
        form = cls(catalog, initial={"model": models})
        kept = {name: field.widget.value_from_datadict(sent, {}, name) for name, field in form.fields.items()}
        before = catalog.find(sent.get(DRAWN_FOR))
        for name, field in fields_of(before, ()).items() if before else ():
            if name in kept and name in TIED_TO_MODEL and kept[name] == str(field.initial):
                kept[name] = None
        shown = {name: value for name, value in kept.items() if value is not None}
        return cls(catalog, initial=shown | {"model": models})

    def not_taken(self, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Of `values`, label and text of each that says something and that this form has no place for."""
        there = {self.spec, *self.others}
        gone = [each for each in models_named(values) if self.catalog.find(each) not in there]
        return [(PARAMETER["model"].label, each) for each in gone] + [
            (PARAMETER[name].label, str(value))
            for name, value in sorted(values.items(), key=lambda item: _ORDER.get(item[0], 0))
            if name in PARAMETER
            and name != "model"
            and not isinstance(value, bool | list)
            and value not in (None, "")
            if str(self.initial.get(name, "")) != str(value)
        ]

    @property
    def sides(self) -> list[int]:
        """Widths and heights to offer, in pixels: those that its model can make; none without a model."""
        return usual_sides(self.spec) if self.spec else []

    @property
    def advanced_is_used(self) -> bool:
        """Whether something in the folded part is wrong or other than by default, so that it is shown."""
        return any(
            name in self.errors or self._good_value(name) != said(self.fields[name].clean(None))
            for name in ADVANCED & self.fields.keys()
        )

    @property
    def is_drawn_for_another(self) -> bool:
        """Whether it was sent before its fields had become those of the model that it names."""
        before = self.data.get(DRAWN_FOR)
        return bool(before and self.spec and before != self.spec.id)

    @property
    def stays_folded(self) -> bool:
        """Whether no field is wrong, so that a narrow screen need not lay them all open."""
        return not self.errors.keys() - {PRICE}

    @property
    def models_to_add(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The choices of the list that adds a model: those that are not chosen yet."""
        chosen = {self.spec.id if self.spec else "", *(model.id for model in self.others)}
        groups = (
            (group, [entry for entry in models if entry[0] not in chosen])
            for group, models in self.catalog.choices
        )
        return [(group, models) for group, models in groups if models]

    @cached_property
    def plan(self) -> Plan:
        """What Generate would make as the form stands; wrong values count as defaults."""
        if self.spec is None:
            return Plan()
        values = {name: self._good_value(name) for name in self.fields.keys() - OURS - {"model"}}
        return self._plan(self.spec, values, self._good_value("count") or 1, self._words())

    @cached_property
    def quote(self) -> Decimal | None:
        """What Generate would cost as the form stands, in USD (None: unknown); wrong values count as defaults."""
        return self.plan.price if self.spec else None

    @property
    def asked_text(self) -> str:
        """`3 words × 2 models × 4 seeds = 24 pictures`, when it is more than one request."""
        plan = self.plan
        return f"{plan.text} = {number(plan.pictures)} pictures" if plan.text else ""

    @property
    def plan_beside_count(self) -> str:
        """The same where it is more than one model and a count say, as in the form in one line."""
        return self.asked_text if self.plan.words > 1 or len(self.plan.legs) > 1 else ""

    @property
    def unread_choices(self) -> bool:
        """Whether its prompt has words to choose between that are sent with their braces."""
        return not self._good_value("alternatives") and words.count(self._good_value("prompt") or "") > 1

    @property
    def fixed_seed(self) -> str:
        """The seed that each click uses; empty when it is another each time, and for what is no number."""
        text = str(self["seed"].value() or "").strip() if "seed" in self.fields else ""
        return text if WHOLE.fullmatch(text) else ""

    @property
    def axes(self) -> dict[str, Any]:
        """What a valid form varies, by Venice's names."""
        seeds = [operation.seed for operation in self.operations if operation.model == self.operation.model]
        varied = {
            "prompt": [self.cleaned_data["prompt"]] if self.plan.words > 1 else [],
            "model": [leg.model.id for leg in self.plan.legs],
            "seed": list(dict.fromkeys(seeds)),
        }
        return {
            name: values
            for name, values in varied.items()
            if len(values) > 1 or (name == "prompt" and values)
        }

    def clean(self) -> None:
        """Check the request as a whole against its models, and make it."""
        if self.spec is None:
            self.add_error(None, NO_MODELS)
        else:
            super().clean()

    def make(self) -> None:
        spec = cast(Model, self.spec)
        for each in self.unknown_models:
            self.add_error("model", not_offered(each, self.catalog.withdrawn))
        # The rest is checked even where one field is wrong, so that all messages come at once.
        drafted = self._drafted(spec)
        texts = self._texts(drafted.get("prompt", ""))
        count = self.cleaned_data.get("count") or 1
        plan = self._plan(spec, drafted, count, texts.total())
        if plan.pictures > self.most:
            self.add_error("count", f"{self._too_many(plan)} One click makes at most {number(self.most)}.")
        else:
            self.operations = list(self._made(plan, texts, seeds_from(drafted["seed"], count, texts)))
            if self.operations:
                self.operation = self.operations[0]

    def _too_many(self, plan: Plan) -> str:
        return f"{plan.text} would be {number(plan.pictures)} pictures." if plan.text else "That is too much."

    def _texts(self, prompt: str) -> "Counter[str]":
        """Each text that is to be made, with how often it counts; a message where the prompt cannot be read."""
        if not prompt or not self.cleaned_data.get("alternatives"):
            return Counter([prompt])
        try:
            read = words.read(prompt)
        except words.WrongWords as wrong:
            self.add_error("prompt", str(wrong))
            return Counter([prompt])
        if read.count > self.most:
            # Nobody will have them: that many are not written down.
            return Counter({prompt: min(read.count, COUNTLESS)})
        texts = Counter(clean_text(text) for text in read.texts())
        if "" in texts:
            self.add_error("prompt", str(words.WrongWords(prompt, prompt.index("{"), NO_WORDS)))
            return Counter([prompt])
        return texts

    def _made(self, plan: Plan, texts: "Counter[str]", seeds: Sequence[int]) -> Iterator[Generate]:
        """The operations in their order; what is wrong with one of them is said once for each field."""
        said: set[tuple[str | None, str]] = set()
        count = plan.seeds
        for text, weight in texts.items():
            for leg in plan.legs:
                try:
                    asked = Generate(
                        **{**leg.values, "prompt": text, "seed": seeds[0], "model": leg.model.id}
                    )
                    asked = asked.for_model(leg.model)
                    problems: Mapping[str, str] = asked.problems(leg.model)
                except InvalidRequest as error:
                    problems, asked = error.field_errors, None
                for name, message in problems.items():
                    if name == "prompt" and not text:
                        # Its field has said why there is none.
                        continue
                    where = name if name in self.fields else None
                    whose = "" if leg.model is self.spec else f"{leg.model.name}: "
                    if (where, whose) not in said:
                        said.add((where, whose))
                        self.add_error(where, f"{whose}{message}")
                if asked is not None:
                    yield from (replace(asked, seed=seed) for seed in seeds[: weight * count])

    def _plan(self, spec: Model, values: Mapping[str, Any], count: int, texts: int) -> Plan:
        legs = [Leg(model=spec, values=values)]
        for model in self.others:
            there = carried(values, spec, model)
            legs.append(Leg(model=model, values=there.values, notes=there.notes))
        return Plan(legs=legs, words=texts, seeds=count)

    def _words(self) -> int:
        """How many texts the prompt stands for as it is; 1 where it cannot be read."""
        if not self._good_value("alternatives"):
            return 1
        return min(words.count(self._good_value("prompt") or ""), COUNTLESS)

    def _drafted(self, spec: Model) -> dict[str, Any]:
        """The values of the right fields; the seed is drawn here when nobody chose one."""
        given = {
            name: value
            for name, value in self.cleaned_data.items()
            if value not in (None, "") and name not in OURS
        }
        # What is off is off by being left out, but for the safe mode, which is on by being left out.
        said = {name: value for name, value in given.items() if value is not False or name == "safe_mode"}
        return {"seed": draw_seed(), **said, "model": spec.id}

    def _good_value(self, name: str) -> Any:
        if name not in self.fields:
            return None
        try:
            return said(self.fields[name].clean(self[name].value()))
        except forms.ValidationError:
            try:
                return said(self.fields[name].clean(None))
            except forms.ValidationError:
                return None


def seeds_from(first: int, count: int, texts: "Counter[str]") -> list[int]:
    """`first`, then drawn ones, each once: `count` for each time that the most frequent of `texts` stands there.

    They are the same for every text and model, so that what differs between two pictures is what was varied.
    """
    seeds = {first: None}
    wanted = count * max(texts.values())
    while len(seeds) < wanted:
        seeds[draw_seed()] = None
    return list(seeds)
