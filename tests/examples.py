"""How many examples a property is tried with: some in the short run, the same each time; many more in the long one."""

from typing import Any

from hypothesis import settings

#: How many times as many the run of `--long` draws, anew each time.
FURTHER = 20

_times = 1


def look_further() -> None:
    """From now on, as the long run does. Before the first module of tests is imported."""
    global _times
    _times = FURTHER


def tried(examples: int, **more: Any) -> settings:
    """For a property that is tried with so many `examples` in the short run; it runs in the long one as well."""
    return settings(max_examples=examples * _times, deadline=None, **more)
