"""Load over raw sockets, as a process of its own so that its work does not count as the server's.

`python -m bench.generator PORT TOKEN START SECONDS` keeps 64 connections busy, each with one
request at a time, and prints one JSON line: answers by status, delays at p50 and p99 in ms.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from statistics import quantiles
from typing import cast

import uvloop

from bench.bodies import bodies

CONNECTIONS = 64
WARM_UP_SECONDS = 1.0


class Client(asyncio.Protocol):
    """One keep-alive connection: the next request goes out when the last answer is whole."""

    def __init__(self, requests: Iterator[bytes], tally: "Tally") -> None:
        self._requests, self._tally = requests, tally
        self._buffer = b""
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found or len(rest) < _length(head):
            return
        self._buffer = b""
        self._tally.note(int(head[9:12]), time.perf_counter() - self._sent_at)
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        self.closed.set_result(None)

    def _send(self) -> None:
        if self._tally.over:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))


class Tally:
    def __init__(self, seconds: float) -> None:
        self._from = time.perf_counter() + WARM_UP_SECONDS
        self._until = self._from + seconds
        self.statuses: Counter[int] = Counter()
        self.delays: list[float] = []

    @property
    def over(self) -> bool:
        return time.perf_counter() >= self._until

    def note(self, status: int, delay: float) -> None:
        if self._from <= time.perf_counter() < self._until:
            self.statuses[status] += 1
            self.delays.append(delay * 1000)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


def requests(port: int, token: str, start: int) -> Iterator[bytes]:
    for number, body in zip(count(start), bodies(start), strict=False):
        head = (
            f"POST /v1/declarations HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: bench-{number}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


async def load(port: int, token: str, start: int, seconds: float) -> Tally:
    ready, tally = requests(port, token, start), Tally(seconds)
    loop = asyncio.get_running_loop()
    clients = [
        (await loop.create_connection(lambda: Client(ready, tally), "127.0.0.1", port))[1]
        for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*(client.closed for client in clients))
    return tally


def main() -> None:
    port, token, start, seconds = sys.argv[1:]
    tally = uvloop.run(load(int(port), token, int(start), float(seconds)))
    percentiles = quantiles(tally.delays, n=100)
    said = {"statuses": tally.statuses, "p50": percentiles[49], "p99": percentiles[98]}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
