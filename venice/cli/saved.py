"""What of an answer is on the disk, as it is told of when all went well and when not."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Saved:
    """Its images, and all of it when some could not be read."""

    images: list[Path] = field(default_factory=list)
    answer: Path | None = None

    def named(self) -> dict[str, Any]:
        """For --json."""
        return {
            "files": [str(path) for path in self.images],
            "answer": str(self.answer) if self.answer else None,
        }
