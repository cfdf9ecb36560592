"""Send requests at a fixed rate, without retries.

The loop is open: every request has its due time, also if earlier ones are not answered yet. Its
duration counts from the due time, so that a slow server or a slow client does not look fast.

    python load.py PORT PATH SHARE

sends requests at that share of the rate until its standard input ends, and prints a JSON list of
:class:`Request`.
"""

from __future__ import annotations

import asyncio
import json
import select
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

PACE = {"new connection": 200, "kept connection": 100, "slow": 10}
"""Requests per second of each kind; a slow one keeps a thread of the app for half a second."""

TIMEOUT = 30.0

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Request:
    """One request: when it was due (s, monotonic), how long it took (s), and its result."""

    kind: str
    due: float
    took: float
    body: str
    failure: str


class Clients:
    """The clients of one site."""

    def __init__(self, port: int, path: str, share: float) -> None:
        """Ask for ``path`` at ``port`` of this machine, at that ``share`` of the pace."""
        self.port = port
        self.path = path
        self.share = share
        self.requests: list[Request] = []
        self.idle: list[Connection] = []

    async def ask_until(self, over: asyncio.Event) -> None:
        """Keep the pace of every kind until it is ``over``, then wait for the last answers."""
        kinds = {
            "new connection": self._ask_once,
            "kept connection": self._post,
            "slow": self._ask_slow,
        }
        await asyncio.gather(*(self._keep_pace(kind, kinds[kind], over) for kind in PACE))

    async def _keep_pace(
        self, kind: str, ask: Callable[[], Coroutine], over: asyncio.Event
    ) -> None:
        due = time.monotonic()
        async with asyncio.TaskGroup() as asked:
            while not over.is_set():
                await asyncio.sleep(due - time.monotonic())
                asked.create_task(self._send(kind, ask, due))
                due += 1 / (PACE[kind] * self.share)

    async def _send(self, kind: str, ask: Callable[[], Coroutine], due: float) -> None:
        body = failure = ""
        try:
            async with asyncio.timeout(TIMEOUT):
                status, body = await ask()
            if status != 200:
                body, failure = "", f"status {status}"
        except (OSError, EOFError, TimeoutError) as error:
            failure = repr(error)
        self.requests.append(Request(kind, due, time.monotonic() - due, body, failure))

    async def _ask_once(self) -> tuple[int, str]:
        return await self._ask_anew(self.path)

    async def _ask_slow(self) -> tuple[int, str]:
        return await self._ask_anew(f"{self.path}slow")

    async def _ask_anew(self, path: str) -> tuple[int, str]:
        reader, writer = await self._connect()
        try:
            return await exchange(reader, writer, f"GET {path}", "Connection: close")
        finally:
            writer.close()

    async def _post(self) -> tuple[int, str]:
        reader, writer = self._take_idle() or await self._connect()
        try:
            answer = await exchange(reader, writer, f"POST {self.path}", body="a=1&b=2")
        except BaseException:
            writer.close()
            raise
        self.idle.append((reader, writer))
        return answer

    def _take_idle(self) -> Connection | None:
        """Return a connection that the server has not closed meanwhile, as RFC 9112, 9.3 has it."""
        while self.idle:
            reader, writer = self.idle.pop()
            if not select.select([writer.get_extra_info("socket")], [], [], 0)[0]:
                return reader, writer
            writer.close()
        return None

    async def _connect(self) -> Connection:
        return await asyncio.open_connection("127.0.0.1", self.port)


async def exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    line: str,
    *headers: str,
    body: str = "",
) -> tuple[int, str]:
    """Send one request and return the status and the body of its answer."""
    head = [f"{line} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers]
    writer.write("\r\n".join([*head, "", body]).encode())
    status, *fields = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    lengths = [field for field in fields if field.lower().startswith("content-length:")]
    answer = await reader.readexactly(int(lengths[0].partition(":")[2]))
    return int(status.split()[1]), answer.decode()


async def main() -> None:
    """Ask until standard input ends."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), over.set)
    clients = Clients(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
    await clients.ask_until(over)
    print(json.dumps([vars(request) for request in clients.requests]))


if __name__ == "__main__":
    asyncio.run(main())
