"""Money, lengths of time, sizes and numbers as people read them, and amounts and ids as they are read from text."""

import re
import uuid
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

# Of both it is the client that says how they are written, so that its command line and the pages agree.
from venice.formats import dollars
from venice.formats import duration as duration

#: Integers that both databases can compare with an id; anything above cannot exist.
MAX_ID = 2**63 - 1
#: The shapes that ratios.css knows, in hundredths of width to height.
NARROWEST, WIDEST = 25, 400

# Bounded and in ASCII: what else int() and Decimal() would read, no page of ours has ever written.
_ID = re.compile(r"[0-9]{1,19}", re.ASCII)
_AMOUNT = re.compile(r"\$?([0-9]{1,9}(?:\.[0-9]{1,9})?)", re.ASCII)
_SIDES = re.compile(r"([0-9]{1,9})\s*[x×*]\s*([0-9]{1,9})", re.ASCII | re.IGNORECASE)
_SUBMISSION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def usd(amount: Decimal | None) -> str:
    """`$0.01`: at least two decimals and no more than are needed; empty when unknown."""
    return "" if amount is None else dollars(amount)


def price(amount: Decimal | None) -> str:
    """The same where a word must stand for what the catalogue does not tell: `price unknown`."""
    return usd(amount) or "price unknown"


def amount(price: Decimal | None) -> str:
    """The same as a number, for a form's field; `read_amount` reads it."""
    return usd(price).removeprefix("$")


def read_amount(text: str) -> Decimal | None:
    """Dollars from what `usd` or `amount` wrote; None for anything else."""
    match = _AMOUNT.fullmatch(text)
    return Decimal(match[1]) if match else None


def about(length: timedelta) -> str:
    """A length of time in round numbers: `a few seconds`, `about 12 s`, `about 5 min`; live.js writes the same."""
    seconds = length.total_seconds()
    if seconds < 3:
        return "a few seconds"
    if seconds < 90:
        return f"about {seconds:.0f} s" if seconds < 20 else f"about {5 * round(seconds / 5)} s"
    return f"about {seconds / 60:.0f} min"


def age(length: timedelta) -> str:
    """How long ago something was, in whole numbers: `40 s`, `12 min`, `5 h`, `3 days`; nothing is yet to come."""
    seconds = max(0, int(length.total_seconds()))
    for most, unit, name in ((120, 1, "s"), (7200, 60, "min"), (48 * 3600, 3600, "h")):
        if seconds < most:
            return f"{seconds // unit} {name}"
    return f"{seconds // 86_400} days"


def sides(width: object, height: object, sign: str = " × ") -> str:
    """`1024 × 768`; `sign` as in `1024×768`, `1024x768` where there is no room for more."""
    return f"{width}{sign}{height}"


def read_sides(text: str) -> tuple[int, int] | None:
    """Width and height in pixels from what `sides` wrote, or people do; None for anything else."""
    match = _SIDES.fullmatch(text.strip())
    return (int(match[1]), int(match[2])) if match else None


def size(count: int) -> str:
    """Bytes as `412 KB`, `1.3 MB`: each 1024 times the smaller one."""
    if count < 1 << 10:
        return f"{count} B"
    return f"{count / (1 << 10):.0f} KB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MB"


def whole_size(count: int) -> str:
    """`25 MB`: a limit in bytes, or what is left of it, rounded down."""
    return f"{count >> 20} MB"


def megapixels(pixels: int) -> str:
    """`16.8 megapixels`, `64 megapixels`."""
    return f"{pixels / 1_000_000:.1f}".removesuffix(".0") + " megapixels"


def counted(number: int, noun: str) -> str:
    """`1 picture`, `4 pictures`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def mean(rating: Decimal | None) -> str:
    """The mean of ratings with one decimal, `4.0`, `2.3` of 2.25; empty where nobody has rated."""
    return "" if rating is None else str(rating.quantize(Decimal("0.1"), ROUND_HALF_UP))


def stars(rating: Decimal | None) -> str:
    """A mean of ratings as `4 ★`, `4.3 ★`; empty where nobody has rated."""
    return "" if rating is None else f"{mean(rating).removesuffix('.0')} ★"


def number(count: int) -> str:
    """`412`, `1 243`: thousands are parted by narrow spaces that do not break."""
    return f"{count:,}".replace(",", "\u202f")


def counted_to(cap: int, count: int) -> str:
    """`87`, `1 000+`: a number that was counted no further than to just above `cap`."""
    return number(min(count, cap)) + ("+" if count > cap else "")


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th …"""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def milliseconds(value: timedelta | None) -> int:
    """Whole milliseconds, for the clock of an SVG animation."""
    return round(value.total_seconds() * 1000) if value is not None else 0


@lru_cache(1024)
def shape(width: int, height: int) -> int:
    """Width over height in hundredths, as the classes of ratios.css know it."""
    return min(max(round(100 * width / max(height, 1)), NARROWEST), WIDEST)


def read_id(text: str) -> int | None:
    """The id that a text of the address or of a form names; None when it names none.

    One above `MAX_ID` becomes that, which no row has.
    """
    return min(int(text), MAX_ID) if _ID.fullmatch(text) else None


def read_submission(text: str) -> uuid.UUID | None:
    """A form's id as our forms write it, in any case; None for anything else."""
    return uuid.UUID(text) if _SUBMISSION.fullmatch(text) else None
