"""How many examples a property is tried with: some in the short run, the same each time; many more in the long one."""

from typing import Any

from hypothesis import settings

#: How many times as many the run of `--long` draws, anew each time.
FURTHER = 10

_times = 1


def look_further() -> None:
    """From now on, as the long run does. Before the first module of tests is imported."""
    global _times
    _times = FURTHER


def tried(examples: int, *, long: int | None = None, **more: Any) -> settings:
    """For a property that is tried with so many `examples` in the short run; it runs in the long one as well.

    There with `long` of them, where that is said.
    """
    further = examples * _times if long is None else long
    return settings(max_examples=further if _times > 1 else examples, deadline=None, **more)
