"""From POST to a technical acknowledgement that the HRIS can read, on the whole platform.

The delay crosses gateway, Kafka, adapter, SOAP, the simulated CPAM, Kafka and gateway again, while
matcher, feed and notifier do their part of the work. First at the rate of the country's busiest
hour, then at more than the machine can do. One declaration in five is watched, so that watching is
not the load. Services run with the defaults of production.
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
from local_platform.kafka import Kafka
from local_platform.supervisor import Platform
from pydantic import SecretStr

from bench.bodies import bodies
from bench.processes import cpu_milliseconds, memory_mib

NATIONAL_PER_SECOND = 5.6
OVERLOAD_PER_SECOND = 50.0
OVERLOAD_SECONDS = 10.0
WATCHED_ONE_IN = 5
POLL_SECONDS = 0.05
PATIENCE_SECONDS = 120.0
CLIENT, SERVICE = "sirh-kerbrat", "declaration-gateway"


@dataclass(frozen=True)
class Delays:
    """`acknowledged`: milliseconds, of the watched declarations at the national rate.

    `rate`: declarations a second under overload, from the first POST to the last acknowledgement.
    `given_up`: watched ones without an acknowledgement after two minutes. `cpu`: milliseconds of a
    core for one declaration, `memory`: MiB; both by process.
    """

    acknowledged: list[float]
    rate: float
    given_up: int
    cpu: dict[str, float]
    memory: dict[str, float]


async def measure(folder: Path, *, seconds: float, say: Callable[[str], None]) -> Delays:
    whole = Platform(folder, keep=False, say=say)
    for service in whole.services.values():
        service.settings = dict(_AS_IN_PRODUCTION.get(service.name, {})) | _CLOCK
    async with whole as platform, http_client(timeout=PATIENCE_SECONDS) as http:
        url, secret = platform.url(SERVICE), SecretStr(platform.material.secret(CLIENT))
        auth = TokenSource(http, url, CLIENT, secret, SERVICE)
        hris = Hris(http, f"{url}/v1/declarations", auth)
        await hris.declare_and_watch(hris.next_body())
        say(f"platform warm; {NATIONAL_PER_SECOND} declarations a second for {seconds:.0f} s")
        delays = await _run(hris, NATIONAL_PER_SECOND, seconds)
        say(f"{OVERLOAD_PER_SECOND:.0f} declarations a second for {OVERLOAD_SECONDS:.0f} s")
        used, begun = _cpu(platform), time.perf_counter()
        delays_of_queue = await _run(hris, OVERLOAD_PER_SECOND, OVERLOAD_SECONDS)
        sent = OVERLOAD_PER_SECOND * OVERLOAD_SECONDS
        rate = sent / (time.perf_counter() - begun)
        cpu = {name: (ms - used[name]) / sent for name, ms in _cpu(platform).items()}
        given_up = sum(each >= PATIENCE_SECONDS * 1000 for each in [*delays, *delays_of_queue])
        return Delays(delays, rate, given_up, cpu, _memory(platform))


_CLOCK = {"JONCTION_CLOCK": "system"}
_AS_IN_PRODUCTION = {
    "cpam-adapter": {
        "JONCTION_SUBMIT_POLL_SECONDS": "0.5",
        "JONCTION_ANSWERS_POLL_SECONDS": "5",
        "JONCTION_REQUEST_SECONDS": "15",
        "JONCTION_LEASE_SECONDS": "90",
    },
    "bpij-collector": {"JONCTION_SLIPS_POLL_SECONDS": "300"},
    "matcher": {"JONCTION_DEADLINE_POLL_SECONDS": "5"},
    "notifier": {"JONCTION_MAIL_POLL_SECONDS": "1"},
}


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


async def _run(hris: Hris, rate: float, seconds: float) -> list[float]:
    begun = time.perf_counter()
    tasks: list[asyncio.Task[Any]] = []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        body = hris.next_body()
        watched = number % WATCHED_ONE_IN == 0
        sending = hris.declare_and_watch(body) if watched else hris.declare(body)
        tasks.append(asyncio.create_task(sending))
    return [found for found in await asyncio.gather(*tasks) if isinstance(found, float)]


def _processes(platform: Platform) -> dict[str, int]:
    found = {name: service.process for name, service in platform.services.items()}
    found["postgres"] = platform.postgres.process
    if isinstance(platform.kafka, Kafka):
        found["kafka"] = platform.kafka.process
    return {name: process.pid for name, process in found.items() if process is not None}


def _memory(platform: Platform) -> dict[str, float]:
    return {name: memory_mib(pid) for name, pid in _processes(platform).items()}


def _cpu(platform: Platform) -> dict[str, float]:
    return {name: cpu_milliseconds(pid) for name, pid in _processes(platform).items()}
