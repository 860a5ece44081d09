"""Waiting in real time: pauses that end at once when the process is asked to stop."""

import asyncio
import contextlib
import random


async def rest(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


class Patience:
    """Doubling delays with jitter, so that a fleet does not come back in step."""

    def __init__(self, first_seconds: float = 0.2, most_seconds: float = 30.0) -> None:
        self._first, self._most = first_seconds, most_seconds
        self._next = first_seconds

    def next_seconds(self) -> float:
        now, self._next = self._next, min(self._next * 2, self._most)
        return now * random.uniform(0.8, 1.2)  # noqa: S311 (spreads load, guards nothing)

    def reset(self) -> None:
        self._next = self._first
