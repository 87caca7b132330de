"""A stand-in for the Venice image API over HTTP on 127.0.0.1. Not imported by the rest of `venice`; needs Pillow."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from venice.emulator.server import Emulator as Emulator

__all__ = ["Emulator"]


def __getattr__(name: str) -> Any:
    # Later, so that the command can say that Pillow is not there.
    if name != "Emulator":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from venice.emulator.server import Emulator

    return Emulator
