"""What a service is made of: handed by its `wiring.py` to whoever runs or operates it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from fastapi import FastAPI

from chassis.clock import Clock
from chassis.restoring import Recall


class Worker(Protocol):
    async def run(self, stop: asyncio.Event) -> None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What `build(settings)` of a service's `wiring.py` hands to `main`."""

    app: FastAPI
    clock: Clock
    relay: Sequence[Worker] = ()
    """Runs beside the API too: whoever writes events also sends them."""
    workers: Sequence[Worker] = ()
    closers: Sequence[Callable[[], Awaitable[None]]] = field(default_factory=tuple)
    recall: Recall = field(default_factory=Recall)
    """What the service does after its database was restored from a backup."""
