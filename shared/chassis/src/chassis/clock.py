"""Business time. Real time (leases, retries, polls, tokens) is `time.monotonic` and SQL, not this.

In production the system's clock; in demo and tests the simulator's virtual one, which stands still
between jumps. `tick` counts the jumps, so that a schedule can say which day it has already looked
at.
"""

import asyncio
from datetime import UTC, date, datetime
from typing import NoReturn, Protocol
from zoneinfo import ZoneInfo

from httpx import AsyncClient, HTTPError

from chassis.http import http_client

PARIS = ZoneInfo("Europe/Paris")
_PAUSE_SECONDS = 0.05
"""Between two readings, where the simulator is away or does not wait."""


class Clock(Protocol):
    @property
    def tick(self) -> int: ...
    def now(self) -> datetime: ...
    def today(self) -> date: ...


def paris_day(instant: datetime) -> date:
    return instant.astimezone(PARIS).date()


class SystemClock:
    tick = 0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return paris_day(self.now())


class FixedClock:
    """For tests: stands where it was put."""

    def __init__(self, at: datetime) -> None:
        self._at, self.tick = at, 0

    def now(self) -> datetime:
        return self._at

    def today(self) -> date:
        return paris_day(self._at)

    def move_to(self, at: datetime) -> None:
        self._at, self.tick = at, self.tick + 1


class VirtualClock:
    """Waits over HTTP for the jumps of the simulator's clock and keeps the last reading."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._at: datetime | None = None
        self._tick = -1

    @property
    def tick(self) -> int:
        return self._tick

    def now(self) -> datetime:
        if self._at is None:
            raise RuntimeError("the virtual clock has not been read yet")
        return self._at

    def today(self) -> date:
        return paris_day(self.now())

    async def start(self) -> None:
        """Waits for the first reading: no service works before it knows what day it is."""
        async with http_client() as http:
            while not await self._read(http):  # noqa: ASYNC110  another process's answer
                await asyncio.sleep(0.2)

    async def run(self, stop: asyncio.Event) -> None:
        async with http_client() as http:
            following = asyncio.create_task(self._follow(http))
            stopping = asyncio.create_task(stop.wait())
            done, waiting = await asyncio.wait(
                [following, stopping], return_when=asyncio.FIRST_COMPLETED
            )
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            for each in done:
                each.result()

    async def _follow(self, http: AsyncClient) -> NoReturn:
        while True:
            await self._read(http)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _read(self, http: AsyncClient) -> bool:
        try:
            answer = await http.get(self._url, params={"after": self._tick})
            answer.raise_for_status()
            reading = answer.json()
            # Both in one step without an await between: a reader never sees a new day with an old
            # tick.
            self._at, self._tick = datetime.fromisoformat(reading["now"]), int(reading["tick"])
        except (HTTPError, ValueError, KeyError):
            return False
        return True


def open_clock(setting: str) -> SystemClock | VirtualClock:
    return SystemClock() if setting == "system" else VirtualClock(setting)
