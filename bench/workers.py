"""Workers of one service side by side, from the first event in the log to the last effect.

They join an empty log; the work is published when all are ready, so that one and two start alike.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from chassis.http import http_client
from contracts.envelope import Event

from bench import facts
from bench.figures import Compared, Figure, plain
from bench.ground import Ground, Process
from bench.processes import cpu_milliseconds

_PATIENCE_SECONDS = 180.0
_SAY_EVERY_SECONDS = 3.0


@dataclass(frozen=True)
class Work:
    service: str
    events: Sequence[tuple[str, Event]]
    done: Callable[[str], Awaitable[int]]
    """How many effects there are in a database."""
    total: int
    """How many there will be."""
    counter: tuple[str, Mapping[str, str]]
    """A metric of each worker, with labels, that counts what it did."""
    settings: Mapping[str, object]


@dataclass(frozen=True)
class Run:
    rate: float
    """Effects a second, of all workers together."""
    shares: tuple[float, ...]
    """What each worker did of the whole; together 1."""
    cpu: float
    """Milliseconds of a core that the workers took for one effect."""
    cpu_of_servers: float
    """The same of PostgreSQL and Kafka."""

    @property
    def fairness(self) -> float:
        """What the least busy did beside the busiest: 1 is fair, 0 is alone."""
        return min(self.shares) / max(self.shares)


@dataclass(frozen=True)
class Scaled:
    one: Run
    two: Run
    beside: Compared

    def figures(self, name: str) -> list[Figure]:
        return [
            self.beside.figure(name),
            plain(f"{name}.cpu", "ms", self.one.cpu),
            plain(f"{name}.cpu-of-servers", "ms", self.one.cpu_of_servers),
            plain(f"{name}.two-workers", "1/s", self.two.rate),
            plain(f"{name}.two-workers.speed-up", "1", self.two.rate / self.one.rate),
            plain(f"{name}.two-workers.fairness", "1", self.two.fairness),
        ]


async def run(ground: Ground, work: Work, workers: int, say: Callable[[str], None]) -> Run:
    await ground.fresh_topics()
    database = await ground.fresh_database(work.service)
    with ExitStack() as opened:
        started = [
            opened.enter_context(ground.running(work.service, database, own=work.settings))
            for _ in range(workers)
        ]
        await _ready(started)
        await facts.publish(ground.broker, work.events)
        used, begun = _cpu(ground, started), time.perf_counter()
        name = f"{work.service}, {workers} worker{'s' if workers > 1 else ''}"
        await _until(lambda: work.done(database), work.total, lambda line: say(f"{name}: {line}"))
        rate = work.total / (time.perf_counter() - begun)
        cpu, servers = (
            (now - then) / work.total for now, then in zip(_cpu(ground, started), used, strict=True)
        )
        metric, labels = work.counter
        did = [await each.counted(metric, **labels) for each in started]
    return Run(rate, tuple(each / sum(did) for each in did), cpu, servers)


def _cpu(ground: Ground, workers: Sequence[Process]) -> tuple[float, float]:
    servers = [ground.postgres.process, ground.kafka.process]
    return (
        sum(cpu_milliseconds(each.process.pid) for each in workers),
        sum(cpu_milliseconds(each.pid) for each in servers if each is not None),
    )


async def _ready(started: Sequence[Process]) -> None:
    async with http_client() as http:
        for each in started:
            while not (await http.get(f"{each.url}/ready")).is_success:  # noqa: ASYNC110
                await asyncio.sleep(0.1)


async def _until(
    done: Callable[[], Awaitable[int]], total: int, say: Callable[[str], None]
) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    next_line = time.monotonic() + _SAY_EVERY_SECONDS
    while (found := await done()) < total:
        if time.monotonic() > end:
            raise SystemExit(f"bench: {found} of {total} after {_PATIENCE_SECONDS:.0f} s")
        if time.monotonic() > next_line:
            say(f"{found} of {total}")
            next_line += _SAY_EVERY_SECONDS
        await asyncio.sleep(0.1)
