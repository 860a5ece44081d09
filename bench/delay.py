"""From POST to a technical acknowledgement that the HRIS can read, on the whole platform at 50/s.

The delay crosses gateway, Kafka, adapter, SOAP, the simulated CPAM, Kafka and gateway again. One
declaration in five is watched, so that watching is not the load.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from chassis.http import http_client
from chassis.tokens import TokenSource
from local_platform.supervisor import Platform
from pydantic import SecretStr

from bench.bodies import bodies
from bench.processes import memory_mib

RATE_PER_SECOND = 50
WATCHED_ONE_IN = 5
POLL_SECONDS = 0.05
PATIENCE_SECONDS = 120.0
CLIENT, SERVICE = "sirh-kerbrat", "declaration-gateway"


@dataclass(frozen=True)
class Delays:
    """`acknowledged`: milliseconds, of the watched declarations; `memory`: MiB by process.

    `rate` is declarations a second from the first POST to the last acknowledgement: where it is
    under the rate of sending, the delays are those of a queue that grew. `given_up`: watched ones
    without an acknowledgement after two minutes.
    """

    acknowledged: list[float]
    rate: float
    given_up: int
    memory: dict[str, float]


async def measure(folder: Path, *, seconds: float, say: Callable[[str], None]) -> Delays:
    async with (
        Platform(folder, keep=False, say=say) as platform,
        http_client(timeout=PATIENCE_SECONDS) as http,
    ):
        url, secret = platform.url(SERVICE), SecretStr(platform.material.secret(CLIENT))
        auth = TokenSource(http, url, CLIENT, secret, SERVICE)
        hris = Hris(http, f"{url}/v1/declarations", auth)
        await hris.declare_and_watch(hris.next_body())
        say(f"platform warm; {RATE_PER_SECOND} declarations a second for {seconds:.0f} s")
        begun = time.perf_counter()
        delays = await _run(hris, seconds)
        rate = RATE_PER_SECOND * seconds / (time.perf_counter() - begun)
        given_up = sum(each >= PATIENCE_SECONDS * 1000 for each in delays)
        return Delays(delays, rate, given_up, _memory(platform))


class Hris:
    def __init__(self, http: httpx.AsyncClient, url: str, auth: TokenSource) -> None:
        self._http, self._url, self._auth = http, url, auth
        self._bodies, self._keys = bodies(0), count()

    async def declare_and_watch(self, body: bytes) -> float:
        """Milliseconds from sending to reading the acknowledgement, or to the end of patience."""
        sent = time.perf_counter()
        where = await self.declare(body)
        while time.perf_counter() - sent < PATIENCE_SECONDS:
            read = await self._http.get(f"{self._url}/{where}", auth=self._auth)
            if any(answer["kind"] == "technical" for answer in read.json().get("answers", ())):
                return (time.perf_counter() - sent) * 1000
            # A tenth of what has passed is exact enough, and spares the gateway that is measured.
            await asyncio.sleep(max(POLL_SECONDS, (time.perf_counter() - sent) / 10))
        return PATIENCE_SECONDS * 1000

    async def declare(self, body: bytes) -> str:
        headers = {"Idempotency-Key": f"bench-{next(self._keys)}"}
        while True:
            answer = await self._http.post(
                self._url, content=body, headers=headers, auth=self._auth
            )
            if answer.status_code == 202:
                declaration: str = answer.json()["declaration_id"]
                return declaration
            # An overloaded gateway says when to come back; the waiting counts.
            if answer.status_code != 503:
                raise SystemExit(f"bench: the gateway answered {answer.status_code}")
            await asyncio.sleep(float(answer.headers["retry-after"]))

    def next_body(self) -> bytes:
        return next(self._bodies)


async def _run(hris: Hris, seconds: float) -> list[float]:
    begun = time.perf_counter()
    tasks: list[asyncio.Task[Any]] = []
    for number in range(int(RATE_PER_SECOND * seconds)):
        await asyncio.sleep(max(0.0, begun + number / RATE_PER_SECOND - time.perf_counter()))
        body = hris.next_body()
        watched = number % WATCHED_ONE_IN == 0
        sending = hris.declare_and_watch(body) if watched else hris.declare(body)
        tasks.append(asyncio.create_task(sending))
    return [found for found in await asyncio.gather(*tasks) if isinstance(found, float)]


def _memory(platform: Platform) -> dict[str, float]:
    processes = {name: service.process for name, service in platform.services.items()}
    processes |= {"postgres": platform.postgres.process, "kafka": platform.kafka.process}
    return {name: memory_mib(each.pid) for name, each in processes.items() if each is not None}
