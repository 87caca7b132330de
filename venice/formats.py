"""Money, lengths of time and sizes as people read them."""

from datetime import timedelta
from decimal import Decimal


def dollars(amount: Decimal) -> str:
    """`$0.01`, `$0.0125`: two decimals, or as many as a price has, so that none is printed lower than it is."""
    whole, _, decimals = f"{amount:.6f}".partition(".")
    return f"${whole}.{decimals.rstrip('0').ljust(2, '0')}"


def duration(length: timedelta) -> str:
    """`120 ms`, `8.1 s`, `2 min 5 s`, `3 h 20 min`."""
    seconds = length.total_seconds()
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def sides(width: int | None, height: int | None, sign: str = " x ") -> str:
    """`1024 x 768`, in pixels; `sign` as in `1024x768`."""
    return f"{width}{sign}{height}"
