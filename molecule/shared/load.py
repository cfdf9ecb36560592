"""Send requests at a fixed rate, without retries, with one exception.

A server may close a connection that is idle, as nginx does when it reloads. A request that is sent
at that instant gets no answer, so that clients send it again on a new connection (RFC 9112, 9.3.1).
Such requests are marked.

The loop is open: every request has its due time, also if earlier ones are not answered yet. Its
duration counts from the due time, so that a slow server or a slow client does not look fast.

    python load.py ADDRESS:PORT HOST FLOWS

sends the requests of FLOWS, a JSON list of :class:`Flow`, until its standard input ends. Then it
prints a JSON list of :class:`Request`.
"""

from __future__ import annotations

import asyncio
import json
import select
import sys
import time
from dataclasses import dataclass

TIMEOUT = 70.0
"""Longer than nginx waits for an upstream, so that its own answer is seen."""
WEBSOCKET = "WEBSOCKET"
"""In place of a method: one message is sent after the other, and comes back."""
MESSAGE = b"\x81\x82\0\0\0\0hi"
"""A frame with a text, masked with zeros (RFC 6455, 5.2). It comes back without the mask."""

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Flow:
    """Requests of one kind, so many per second. Their connections are ``kept``, or are all new."""

    kind: str
    method: str
    path: str
    rate: float
    kept: bool = False


@dataclass(frozen=True)
class Request:
    """One request: when it was due (s, monotonic), how long it took (s), and its result."""

    kind: str
    path: str
    due: float
    took: float
    body: str
    failure: str
    resent: bool


class Unanswered(ConnectionError):
    """The server closed the connection before the first byte of its answer."""


class Clients:
    """The clients of one site."""

    def __init__(self, address: str, host: str) -> None:
        """Ask for ``host`` at ``address``, which has a port."""
        self.address = address.split(":")
        self.host = host
        self.requests: list[Request] = []
        self.idle: list[Connection] = []

    async def ask_until(self, over: asyncio.Event, flows: list[Flow]) -> None:
        """Keep the pace of every flow until it is ``over``, then wait for the last answers."""
        await asyncio.gather(*(self._keep_pace(flow, over) for flow in flows))

    async def _keep_pace(self, flow: Flow, over: asyncio.Event) -> None:
        if flow.method == WEBSOCKET:
            await self._keep_open(flow, over)
            return
        due = time.monotonic()
        async with asyncio.TaskGroup() as asked:
            while not over.is_set():
                await asyncio.sleep(due - time.monotonic())
                asked.create_task(self._send(flow, due))
                due += 1 / flow.rate

    async def _keep_open(self, flow: Flow, over: asyncio.Event) -> None:
        """Send messages, and open the WebSocket again each time when it has closed."""
        while not over.is_set():
            opened = time.monotonic()
            try:
                await self._exchange_messages(flow, over)
            except (OSError, EOFError, TimeoutError) as error:
                took = time.monotonic() - opened
                closed = Request(flow.kind, flow.path, opened, took, "", repr(error), False)
                self.requests.append(closed)
                await asyncio.sleep(1 / flow.rate)

    async def _exchange_messages(self, flow: Flow, over: asyncio.Event) -> None:
        reader, writer = await self._connect()
        head = [f"GET {flow.path} HTTP/1.1", f"Host: {self.host}", "Connection: Upgrade"]
        head += ["Upgrade: websocket", "Sec-WebSocket-Version: 13"]
        head += ["Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg=="]
        try:
            writer.write("\r\n".join([*head, "", ""]).encode())
            async with asyncio.timeout(TIMEOUT):
                await reader.readuntil(b"\r\n\r\n")
            while not over.is_set():
                writer.write(MESSAGE)
                async with asyncio.timeout(TIMEOUT):
                    await reader.readexactly(len(MESSAGE) - 4)
                await asyncio.sleep(1 / flow.rate)
        finally:
            writer.close()

    async def _send(self, flow: Flow, due: float) -> None:
        body = failure = ""
        resent = False
        try:
            async with asyncio.timeout(TIMEOUT):
                if flow.kept and (idle := self._take_idle()):
                    try:
                        status, body = await self._ask(flow, *idle)
                    except Unanswered:
                        resent = True
                        status, body = await self._ask(flow, *await self._connect())
                else:
                    status, body = await self._ask(flow, *await self._connect())
            if status != 200:
                body, failure = "", f"status {status}"
        except (OSError, EOFError, TimeoutError) as error:
            failure = repr(error)
        took = time.monotonic() - due
        self.requests.append(Request(flow.kind, flow.path, due, took, body, failure, resent))

    async def _ask(
        self, flow: Flow, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[int, str]:
        """Send one request, and keep the connection if the flow and the server keep it."""
        closes = True
        try:
            status, closes, body = await self._exchange(flow, reader, writer)
        finally:
            if closes or not flow.kept:
                writer.close()
            else:
                self.idle.append((reader, writer))
        return status, body

    def _take_idle(self) -> Connection | None:
        """Return a connection that the server has not closed meanwhile, as RFC 9112, 9.3 has it."""
        while self.idle:
            reader, writer = self.idle.pop()
            if not select.select([writer.get_extra_info("socket")], [], [], 0)[0]:
                return reader, writer
            writer.close()
        return None

    async def _connect(self) -> Connection:
        return await asyncio.open_connection(*self.address)

    async def _exchange(
        self, flow: Flow, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[int, bool, str]:
        """Send one request. Return the answer's status, whether the server closes, and the body."""
        body = "a=1&b=2" if flow.method == "POST" else ""
        line = f"{flow.method} {flow.path} HTTP/1.1"
        head = [line, f"Host: {self.host}", f"Content-Length: {len(body)}"]
        head += ["Connection: close"] * (not flow.kept)
        writer.write("\r\n".join([*head, "", body]).encode())
        try:
            first = await reader.readexactly(1)
        except (OSError, EOFError) as error:
            raise Unanswered(repr(error)) from error
        answer = first + await reader.readuntil(b"\r\n\r\n")
        status, *fields = answer.decode().lower().split("\r\n")
        length = [field for field in fields if field.startswith("content-length:")][0]
        content = await reader.readexactly(int(length.partition(":")[2]))
        return int(status.split()[1]), "connection: close" in fields, content.decode()


async def main() -> None:
    """Ask until standard input ends."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), over.set)
    clients = Clients(sys.argv[1], sys.argv[2])
    await clients.ask_until(over, [Flow(**flow) for flow in json.loads(sys.argv[3])])
    print(json.dumps([vars(request) for request in clients.requests]))


if __name__ == "__main__":
    asyncio.run(main())
