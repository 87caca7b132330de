"""What every form has that spends: it counts once, says what its button costs, and spends no more than that."""

import uuid
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from django import forms

from gallery.formats import read_submission
from gallery.forms.fields import INVALID_TEXT, OFF, ON, Switch
from gallery.forms.price import PRICE, objection


class SpendingForm(forms.Form):
    """A form of what one call asks for, whose fields are named as Venice's parameters.

    `unreadable` names the fields whose text was not sent as text. Each form drawn has a `new_submission` of its own.
    """

    #: What is pressed to send it.
    button: ClassVar[str] = "the button"
    #: Names that Venice has elsewhere for what is asked for here: the field that is meant, and what to say instead.
    #: Left unread, something else than was asked for would be paid.
    other_names: ClassVar[Mapping[str, tuple[str, str]]] = {}

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        unreadable: frozenset[str] = frozenset(),
        auto_id: str = "id_%s",
    ) -> None:
        super().__init__(data, auto_id=auto_id)
        self.use_required_attribute = False
        self.unreadable = unreadable
        self.new_submission = uuid.uuid4()

    @cached_property
    def quote(self) -> Decimal | None:
        """What the button would spend as the form stands (USD, None: unknown); wrong values count as the usual ones."""
        raise NotImplementedError

    def make(self) -> None:
        """Make the request and check it as a whole, each problem at its field; also where a field is wrong already."""
        raise NotImplementedError

    @property
    def boxes(self) -> str:
        """The names of the checkboxes shown, so that an absent one is known to be unticked."""
        return " ".join(name for name, field in self.fields.items() if isinstance(field, Switch))

    @property
    def submission(self) -> uuid.UUID | None:
        """What makes a repeated post the same post; None when none was sent or it is malformed."""
        return read_submission(str(self.data.get("submission", "")).strip())

    def clean(self) -> None:
        """All that is wrong, at once: with its fields, with the form itself, with the request, and with its price."""
        for name in self.unreadable & self.fields.keys():
            self.errors.pop(name, None)
            self.add_error(name, INVALID_TEXT)
        if self.data.get("submission") and self.submission is None:
            words = f"This form was altered on its way. Nothing was sent; press {self.button} again."
            self.add_error(None, words)
        self.make()
        for name, (field, instead) in self.other_names.items():
            if self.data.get(name) and self.data[name] != self.data.get(field):
                field_errors = self.errors.setdefault(field, self.error_class())
                field_errors.append(f"“{name}” is not read here: {instead}. Nothing was sent.")
        if message := objection(self.data, self.quote):
            self.refuse_price(message, self.quote)

    def refuse_price(self, words: str, price: Decimal | None) -> None:
        """Not what the form showed: `price` (USD) goes onto its button, and `words` beside it."""
        self.errors[PRICE] = self.error_class([words])
        self.quote = price

    def can_show(self, name: str, value: Any) -> bool:
        """Whether it has a field of that name with a place for `value`."""
        field = self.fields.get(name)
        if isinstance(field, Switch):
            return str(value).lower() in ON | OFF
        return field.valid_value(value) if isinstance(field, forms.ChoiceField) else field is not None
