"""What a form that spends said it costs, held against what it costs: nobody pays more than was on the button."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from venice.pricing import dollars

#: The hidden field beside every button that spends: USD as printed, empty where the button tells no price.
PRICE = "price"
ALTERED = (
    "The price in this form was altered on its way. Nothing was sent: look at the price, then press again."
)

# Bounded and in ASCII: what else Decimal() would read, no button of ours has ever said.
_AMOUNT = re.compile(r"\$?([0-9]{1,9}(?:\.[0-9]{1,9})?)", re.ASCII)


class PriceRefused(Exception):
    """Nothing was queued: the form did not show `price`, in USD (None: unknown). Its words are for people."""

    def __init__(self, words: str, price: Decimal | None) -> None:
        super().__init__(words)
        self.price = price


def objection(sent: Mapping[str, Any], price: Decimal | None) -> str:
    """Why a form that `sent` this may not spend `price` (USD, None: unknown), for people; empty when it may.

    A script that sends no price takes ours. A price that was shown and one that is unknown are news to each other.
    """
    if PRICE not in sent:
        return ""
    text = str(sent[PRICE]).strip()
    found = _AMOUNT.fullmatch(text)
    if text and not found:
        return ALTERED
    shown = Decimal(found[1]) if found else None
    if price == shown or (price is not None and shown is not None and price < shown):
        return ""
    said = "The button told no price" if shown is None else f"The button said {dollars(shown)}"
    if price is None:
        return f"{said}, but none is known now. Nothing was sent: press again to spend what Venice takes."
    return f"{said}, but this costs {dollars(price)}. Nothing was sent: press again to spend that."
