"""A local HTTP server that answers as the Venice image API does, for demonstrations and tests."""

from venice.emulator.server import Emulator

__all__ = ["Emulator"]
