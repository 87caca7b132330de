"""People who hold a connection and give nothing: sockets that talk slowly, stop halfway, or do not listen."""

import asyncio
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import requests

# Seconds after which a stranger that the server has not sent away leaves, and another one comes.
STAY = 60.0
HEAD = b"GET /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: stranger\r\n"
HALF_POST = (
    b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nusern"
)
Manner = Callable[["Strangers", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Strangers:
    """So many sockets at a time until `stop`, in a thread of their own, a quarter in each manner."""

    def __init__(self, url: str, count: int) -> None:
        self.visits: Counter[str] = Counter()
        self._port, self._count = urlsplit(url).port, count
        page = requests.get(f"{url}/accounts/login/", timeout=30).text
        found = re.search(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', page)
        self._large = found[1] if found else "/accounts/login/"
        self._over = threading.Event()
        self._changed = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._come(),))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Hang up, all of them."""
        self._over.set()
        self._loop.call_soon_threadsafe(self._changed.set)
        self._thread.join()
        self._loop.close()

    def come_anew(self) -> None:
        """Leave what is left of a server that was killed, and go to the new one."""
        if not self._over.is_set():
            self._loop.call_soon_threadsafe(self._changed.set)

    async def _come(self) -> None:
        names = list(MANNERS)
        while not self._over.is_set():
            self._changed.clear()
            coming = [asyncio.create_task(self._visit(names[n % len(names)])) for n in range(self._count)]
            await self._changed.wait()
            for stranger in coming:
                stranger.cancel()
            await asyncio.gather(*coming, return_exceptions=True)

    async def _visit(self, name: str) -> None:
        """One after the other, each until the server ends it or its time is over."""
        while True:
            began = time.monotonic()
            try:
                reader, writer = await self._connect()
                self.visits[name] += 1
                try:
                    async with asyncio.timeout(STAY):
                        await MANNERS[name](self, reader, writer)
                finally:
                    writer.transport.abort()
            except (OSError, TimeoutError):
                pass
            # Being sent away at once is no reason to come back faster than people could.
            await asyncio.sleep(max(0.0, began + 0.5 - time.monotonic()))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """With small buffers, so that little is taken in for who does not read."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        try:
            await self._loop.sock_connect(connection, ("127.0.0.1", self._port))
        except BaseException:
            connection.close()
            raise
        return await asyncio.open_connection(sock=connection, limit=1024)

    async def half_head(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Never says that the head is over."""
        writer.write(HEAD)
        await reader.read()

    async def drip(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A byte now and then, for as long as it is let."""
        writer.write(HEAD + b"X-Long: ")
        while not reader.at_eof():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.5)

    async def half_body(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Announces ten bytes and sends five."""
        writer.write(HALF_POST)
        await reader.read()

    async def deaf(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Asks on and on for a file and takes no answer in."""
        request = f"GET {self._large} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        while True:
            writer.write(request)
            await writer.drain()
            await asyncio.sleep(0.2)


MANNERS: dict[str, Manner] = {
    "half a head": Strangers.half_head,
    "dripping": Strangers.drip,
    "half a body": Strangers.half_body,
    "deaf": Strangers.deaf,
}
