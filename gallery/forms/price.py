"""What a form that spends said it costs, held against what it costs: nobody pays more than was on the button."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gallery.formats import read_amount, usd

#: The hidden field beside every button that spends: USD as printed, empty where the button tells no price.
PRICE = "price"
ALTERED = (
    "The price in this form was altered on its way. Nothing was sent: look at the price, then press again."
)


class PriceRefused(Exception):
    """Nothing was queued: the form did not show `price`, in USD (None: unknown). Its words are for people."""

    def __init__(self, words: str, price: Decimal | None) -> None:
        super().__init__(words)
        self.price = price


class AskedOtherwise(PriceRefused):
    """Nothing was queued: this very form has asked for something else already, as when its answer was lost on the way.

    Who reads that may ask for this too, with a form of its own.
    """


def objection(sent: Mapping[str, Any], price: Decimal | None) -> str:
    """Why a form that `sent` this may not spend `price` (USD, None: unknown), for people; empty when it may.

    A script that sends no price takes ours. A price that was shown and one that is unknown are news to each other.
    """
    if PRICE not in sent:
        return ""
    text = str(sent[PRICE]).strip()
    shown = read_amount(text)
    if text and shown is None:
        return ALTERED
    if price == shown or (price is not None and shown is not None and price < shown):
        return ""
    said = "The button told no price" if shown is None else f"The button said {usd(shown)}"
    if price is None:
        return f"{said}, but none is known now. Nothing was sent: press again to spend what Venice takes."
    return f"{said}, but this costs {usd(price)}. Nothing was sent: press again to spend that."
