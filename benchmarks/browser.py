"""A member's browser over real sockets: pages with their thumbnails, what polls while one is open, what is cached."""

import asyncio
import contextlib
import html
import re
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from urllib.parse import urlencode

#: As many connections as browsers open to one server.
LINES = 6
#: Seconds after which an answer is given up.
PATIENCE = 30.0
#: Seconds between two polls, as the pages themselves say.
HEADER_EVERY, NEW_EVERY = 5.0, 10.0
HTMX = {"HX-Request": "true"}

_TILE = re.compile(r'data-image="(\d+)"(.*?)</a>', re.S)
_SOURCE = re.compile(r'<img src="([^"]+)"')
_STATIC = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"')
_OLDER = re.compile(r'rel="next" href="([^"]+)"')
_HEADER = re.compile(r'hx-get="(/header/[^"]+)"')
_NEW = re.compile(r'id="new".*?hx-get="([^"]+)".*?"since": "([^"]*)", "count": "([^"]*)"', re.S)


@dataclass
class Answer:
    """What came back, whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (zlib.decompress(self.body, 31) if packed else self.body).decode()


@dataclass
class Tally:
    """Milliseconds of each answer by what was asked, and what went wrong."""

    taken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)

    @contextlib.contextmanager
    def noting(self, kind: str) -> Iterator[None]:
        """Time what is done within."""
        started = time.perf_counter()
        try:
            yield
        except (OSError, EOFError, TimeoutError) as error:
            self.errors[f"{kind}: {type(error).__name__}"] += 1
            raise
        self.taken[kind].append((time.perf_counter() - started) * 1000)


class Line:
    """One connection, kept open between requests."""

    def __init__(self, port: int, cookies: str) -> None:
        self.port, self.cookies = port, cookies
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        """GET `path`. Raises OSError, EOFError or TimeoutError. A connection closed meanwhile is opened again once."""
        async with asyncio.timeout(PATIENCE):
            was_open = self.writer is not None
            try:
                return await self._get(path, headers or {})
            except (OSError, EOFError):
                self.close()
                if not was_open:
                    raise
                return await self._get(path, headers or {})

    async def _get(self, path: str, headers: dict[str, str]) -> Answer:
        if self.writer is None or self.reader is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        sent = {
            "Host": f"127.0.0.1:{self.port}",
            "User-Agent": "benchmark",
            "Accept-Encoding": "gzip",
            "Cookie": self.cookies,
            **headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        self.writer.write(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
        start, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        given = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        answer = Answer(int(start.split()[1]), given, b"")
        answer.body = await self._body(self.reader, answer)
        if given.get("connection", "").lower() == "close":
            self.close()
        return answer

    async def _body(self, reader: asyncio.StreamReader, answer: Answer) -> bytes:
        if answer.status in (204, 304):
            return b""
        if answer.headers.get("transfer-encoding") != "chunked":
            return await reader.readexactly(int(answer.headers["content-length"]))
        parts = []
        while size := int(await reader.readuntil(b"\r\n"), 16):
            parts.append((await reader.readexactly(size + 2))[:-2])
        await reader.readexactly(2)
        return b"".join(parts)

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


class Browser:
    """One member at the gallery: looks, scrolls, searches, opens pictures, and thinks in between.

    A thumbnail is asked for once for each *picture*, though the pretend ones share their files, and so is each static
    file: what a browser has, it keeps for a year.
    """

    def __init__(self, port: int, cookies: str, tally: Tally, random: Random, searches: list[str]) -> None:
        self.lines = [Line(port, cookies) for _ in range(LINES)]
        self.free: asyncio.Queue[Line] = asyncio.Queue()
        for line in self.lines:
            self.free.put_nowait(line)
        self.tally, self.random, self.searches = tally, random, searches
        self.has: set[str] = set()
        self.header = self.older = ""
        self.new: tuple[str, str, str] | None = None
        self.pictures: list[str] = []

    async def live(self, until: float, thinking: float) -> None:
        """Until that moment of the loop's clock; seconds between two steps are about `thinking`."""
        polls = [
            asyncio.create_task(self._every(HEADER_EVERY, self._poll_header)),
            asyncio.create_task(self._every(NEW_EVERY, self._poll_new)),
        ]
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(self.random.uniform(0, min(thinking, max(0.0, until - clock()))))
        try:
            while clock() < until:
                # What failed is in the tally, and a person would try again.
                with contextlib.suppress(OSError, EOFError, TimeoutError):
                    await self._step()
                await asyncio.sleep(max(0.0, min(self.random.uniform(0.5, 1.5) * thinking, until - clock())))
        finally:
            for poll in polls:
                poll.cancel()
            await asyncio.gather(*polls, return_exceptions=True)
            for line in self.lines:
                line.close()

    async def _step(self) -> None:
        chance = self.random.random()
        if self.older and chance < 0.5:
            await self._scroll()
        elif chance < 0.75:
            await self._open("search", f"/?{urlencode({'q': self.random.choice(self.searches)})}")
        elif self.pictures and chance < 0.85:
            await self._open("picture", f"/images/{self.random.choice(self.pictures)}/")
        else:
            await self._open("newest", "/")

    async def _open(self, kind: str, path: str) -> None:
        """A whole page with all that belongs to it."""
        text = await self._get(kind, path)
        if header := _HEADER.search(text):
            self.header = html.unescape(header[1])
        new = _NEW.search(text)
        self.new = (html.unescape(new[1]), new[2], new[3]) if new else None
        await self._take(text, path)

    async def _scroll(self) -> None:
        """As htmx asks when the end of the grid comes into sight."""
        await self._take(await self._get("scroll", self.older, HTMX), self.older)

    async def _take(self, text: str, path: str) -> None:
        older = _OLDER.search(text)
        self.older = html.unescape(older[1]) if older and not path.startswith("/images/") else ""
        tiles = [(tile[1], source[1]) for tile in _TILE.finditer(text) if (source := _SOURCE.search(tile[2]))]
        self.pictures = [image for image, _ in tiles] or self.pictures
        wanted = {f"image {image}": ("thumbnail", source) for image, source in tiles}
        wanted |= {address: ("static", address) for address in _STATIC.findall(text)}
        fresh = [wanted[name] for name in wanted if name not in self.has]
        self.has |= set(wanted)
        await asyncio.gather(*(self._get(kind, address) for kind, address in fresh))

    async def _get(self, kind: str, path: str, headers: dict[str, str] | None = None) -> str:
        """The text of the page; of anything that is not a page, nothing."""
        line = await self.free.get()
        try:
            # From here on: a browser's own queue is not the server's.
            with self.tally.noting(kind):
                answer = await line.get(path, headers)
        finally:
            self.free.put_nowait(line)
        if answer.status not in (200, 204, 304):
            self.tally.errors[f"{kind}: {answer.status}"] += 1
        return answer.text if "html" in answer.headers.get("content-type", "") else ""

    async def _every(self, seconds: float, poll: Callable[[], Awaitable[None]]) -> None:
        await asyncio.sleep(self.random.uniform(0, seconds))
        for _ in count():
            with contextlib.suppress(OSError, EOFError, TimeoutError):
                await poll()
            await asyncio.sleep(seconds)

    async def _poll_header(self) -> None:
        if self.header:
            found = _HEADER.search(await self._get("poll", self.header, HTMX))
            self.header = html.unescape(found[1]) if found else self.header

    async def _poll_new(self) -> None:
        if self.new:
            path, since, known = self.new
            asked = urlencode({"since": since, "count": known})
            text = await self._get("poll", f"{path}{'&' if '?' in path else '?'}{asked}", HTMX)
            found = _NEW.search(text)
            self.new = (path, found[2], found[3]) if found else self.new


async def in_a_row(port: int, cookies: str, path: str, clients: int, seconds: float) -> list[float]:
    """Milliseconds of each GET of `path`, when so many clients ask again as soon as they are answered."""
    taken: list[float] = []
    end = time.perf_counter() + seconds

    async def one() -> None:
        line = Line(port, cookies)
        while (started := time.perf_counter()) < end:
            answer = await line.get(path)
            assert answer.status == 200, answer.status
            taken.append((time.perf_counter() - started) * 1000)
        line.close()

    await asyncio.gather(*(one() for _ in range(clients)))
    return taken
