"""Many pictures as one ZIP, made while it is sent: nothing but the picture at hand is in memory or on the disk."""

import logging
import threading
import time
import weakref
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from django.core.files.storage import default_storage
from zipstream import ZIP_STORED, ZipStream

from gallery.downloads import names, sidecars
from gallery.downloads.facts import Facts
from gallery.downloads.facts import read as read_facts
from gallery.media.copies import NotStripped, copied
from gallery.media.storage import EXTENSIONS

log = logging.getLogger(__name__)

#: Pictures of one archive.
MOST = 20_000
#: Archives at once: each holds a thread of the web server while it is sent. Of one member, and of all in a process.
MOST_EACH, MOST_TOGETHER = 1, 3
BLOCK = 64 * 1024
#: Seconds that an archive waits in all for a place that does not answer; a bucket is left alone for five each time.
WAITS = (5.5, 5.5, 11.0)
NOT_STRIPPED = "what it carries beside the picture cannot be taken out of this file; take it as it was sent"


class Busy(Exception):
    """Others must end first; the message says it to a person."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How a member wants what is taken home: the pattern of its names, what copies carry, and their zone.

    `shows_sensitive`: names tell words of sensitive pictures, too.
    """

    pattern: str
    carry: str
    zone: tzinfo
    shows_sensitive: bool

    def stem(self, facts: Facts) -> str:
        """What its file is called, without the ending."""
        return names.stem(self.pattern, facts.named(self.zone, shows_sensitive=self.shows_sensitive))


class Slots:
    """Who is being sent an archive by this process."""

    def __init__(self) -> None:
        # One that is dropped may end while another begins, in the same thread: whenever garbage is collected.
        self._lock, self._taken = threading.RLock(), list[int]()

    def take(self, member: int) -> None:
        """A place; Busy when this member has one already, or too many are sent."""
        with self._lock:
            if self._taken.count(member) >= MOST_EACH:
                raise Busy("You are taking an archive already. When it has ended, try again.")
            if len(self._taken) >= MOST_TOGETHER:
                raise Busy(f"{MOST_TOGETHER} archives are being taken at this moment. Try again in a minute.")
            self._taken.append(member)

    def give_back(self, member: int) -> None:
        """It has ended, in whatever way."""
        with self._lock:
            self._taken.remove(member)


SLOTS = Slots()


class Archive(Iterator[bytes]):
    """The bytes of the ZIP. Its slot is given back when it is closed, read or not. Raises Busy when it is made."""

    def __init__(self, ids: Sequence[int], wish: Wish, member: int) -> None:
        SLOTS.take(member)
        # Also where it is dropped without a word.
        self._end = weakref.finalize(self, SLOTS.give_back, member)
        self._parts = _parts(ids, wish)

    def __next__(self) -> bytes:
        return next(self._parts)

    def close(self) -> None:
        """End it; a second time changes nothing."""
        self._end()
        self._parts.close()


def _parts(ids: Sequence[int], wish: Wish) -> Generator[bytes, None, None]:
    archive = ZipStream(compress_type=ZIP_STORED)
    unique = names.Unique(sidecars.CSV, sidecars.JSON, sidecars.MISSING)
    files: dict[int, str] = {}
    missing: list[str] = []
    waits = list(WAITS)
    left = dict.fromkeys(ids)
    for facts in read_facts(ids):
        del left[facts.id]
        if facts.trashed_at:
            missing.append(f"\tpicture {facts.id}\tit is in the trash\r\n")
            continue
        name = unique.name(wish.stem(facts), EXTENSIONS[facts.format])
        try:
            parts = _awaited(facts, wish.carry, waits)
        except NotStripped:
            missing.append(f"{name}\tpicture {facts.id}\t{NOT_STRIPPED}\r\n")
            continue
        if parts is None:
            missing.append(f"{name}\tpicture {facts.id}\tits file cannot be read: {facts.name}\r\n")
            continue
        files[facts.id] = name
        archive.add(_blocks(parts), name, size=sum(map(len, parts)))
        yield from archive.file()
    for name, write in ((sidecars.CSV, sidecars.csv_file), (sidecars.JSON, sidecars.json_file)):
        archive.add(write((files[each.id], each) for each in read_facts(list(files))), name)
        yield from archive.file()
    missing += [f"\tpicture {pk}\tit is not there any more\r\n" for pk in left]
    if missing:
        archive.add("".join(missing), sidecars.MISSING)
    yield from archive.finalize()


def read_copy(facts: Facts, carry: str) -> list[memoryview] | None:
    """The bytes of a picture as they are taken home, in parts; None when its file cannot be read.

    Raises NotStripped.
    """
    return _awaited(facts, carry, [])


def _awaited(facts: Facts, carry: str, waits: list[float]) -> list[memoryview] | None:
    """The same; while its place does not answer it is tried again after each of `waits`, which are used up.

    Without that a moment's silence would leave out all that comes after it.
    """
    while True:
        try:
            with default_storage.open(facts.name) as file:
                data = file.read()
            return [memoryview(part) for part in copied(data, facts.format, carry, lambda: facts.parameters)]
        except FileNotFoundError as error:
            log.warning("picture %d cannot be taken: %s", facts.id, error)
            return None
        except OSError as error:
            if not waits:
                log.warning("picture %d cannot be taken: %s", facts.id, error)
                return None
            time.sleep(waits.pop(0))


def _blocks(parts: list[memoryview]) -> Iterator[memoryview]:
    for part in parts:
        for start in range(0, len(part), BLOCK):
            yield part[start : start + BLOCK]
