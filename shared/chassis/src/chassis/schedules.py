"""The clock as a door: each schedule runs its flow again and again, and says when it is settled.

Intervals are real time. A run that did something is followed by another at once; one that found
nothing rests for the interval, or until the virtual clock has jumped.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter

from chassis.clock import Clock
from chassis.errors import Unavailable
from chassis.patience import Patience, rest
from chassis.quiet import Reading

log = structlog.get_logger()

HasRead = Callable[[], Awaitable[bool]]
_LOOK_AT_CLOCK_SECONDS = 0.05
_LOOK_AT_LOG_SECONDS = 0.2
_FAILED = Counter("jonction_schedule_failures_total", "Runs that raised", ["schedule", "error"])
_WORK = Counter("jonction_schedule_work_total", "Items that runs have dealt with", ["schedule"])


@dataclass(frozen=True, slots=True)
class Schedule:
    name: str
    every: timedelta
    """Real time between two runs that found nothing."""
    run: Callable[[], Awaitable[int]]
    """How much it did; 0 = nothing left to do now."""
    next_due: Callable[[], Awaitable[datetime | None]] | None = None
    """The earliest instant of business time at which there will be something to do."""
    backlog: Callable[[], Awaitable[int]] | None = None
    """Rows that wait in real time: leases held, retries not yet due."""
    after_reading: bool = False
    """Begins only when the service has read what stood in its topics at its start: what stands in
    the log unread is no silence."""


class Scheduler:
    def __init__(
        self,
        schedules: Sequence[Schedule],
        clock: Clock,
        *,
        has_read: HasRead | None = None,
    ) -> None:
        self._running = [
            _Running(each, clock, has_read if each.after_reading else None) for each in schedules
        ]
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        # A service without schedules runs on too.
        await asyncio.gather(stop.wait(), *(each.run(stop) for each in self._running))

    async def quiet(self) -> Reading:
        reading = Reading()
        for each in self._running:
            reading.add(await each.quiet())
        return reading


class _Running:
    def __init__(self, schedule: Schedule, clock: Clock, has_read: HasRead | None) -> None:
        self._schedule, self._clock, self._reads = schedule, clock, has_read
        self._settled_at: int | None = None
        self._work = 0
        self._patience = Patience()

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set() and not await self._has_read():
            await rest(stop, _LOOK_AT_LOG_SECONDS)
        while not stop.is_set():
            began_at = self._clock.tick
            seconds = await self._once(began_at)
            if seconds is not None:
                await self._rest(stop, seconds, began_at)

    async def _has_read(self) -> bool:
        try:
            return self._reads is None or await self._reads()
        except Exception:  # noqa: BLE001 (who is away is told by the consumer, and ends no schedule)
            return False

    async def _once(self, began_at: int) -> float | None:
        """None = again at once, else how long to rest."""
        name = self._schedule.name
        # One schedule an account is one label for all: accounts grow with the customers.
        kind = name.partition(".")[0]
        try:
            done = await self._schedule.run()
        except Unavailable as away:
            self._settled_at = None
            _FAILED.labels(kind, "Unavailable").inc()
            return away.retry_in.total_seconds()
        except Exception:
            self._settled_at = None
            log.exception("schedule failed", schedule=name)
            _FAILED.labels(kind, "unexpected").inc()
            return self._patience.next_seconds()
        self._patience.reset()
        if done:
            self._work += done
            _WORK.labels(kind).inc(done)
            self._settled_at = None
            return None
        self._settled_at = began_at
        return self._schedule.every.total_seconds()

    async def _rest(self, stop: asyncio.Event, seconds: float, began_at: int) -> None:
        end = time.monotonic() + seconds
        while not stop.is_set() and self._clock.tick == began_at:
            left = end - time.monotonic()
            if left <= 0:
                return
            await rest(stop, min(left, _LOOK_AT_CLOCK_SECONDS))

    async def quiet(self) -> Reading:
        schedule, reading = self._schedule, Reading(activity=self._work)
        if schedule.next_due is not None:
            reading.next_due = await schedule.next_due()
        overdue = reading.next_due is not None and reading.next_due <= self._clock.now()
        if overdue:
            # Not a day to jump to: it is today's work, not done yet.
            reading.next_due = None
        if overdue or self._settled_at != self._clock.tick:
            reading.due += 1
            reading.reasons.append(f"schedule {schedule.name}")
        if schedule.backlog is not None and (waiting := await schedule.backlog()):
            reading.due += waiting
            reading.reasons.append(f"{waiting} waiting in {schedule.name}")
        return reading
