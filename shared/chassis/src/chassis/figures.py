"""Gauges that only the database can tell: read when somebody scrapes, and not more than is useful.

Each process of a service tells the same, so whoever adds up takes `max` over processes, never
`sum`. While the database does not answer there is no value rather than an old one.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from prometheus_client import Gauge
from sqlalchemy import text

from chassis import held
from chassis.db import Begin, Tx, is_transient

log = structlog.get_logger()

LONGEST_SECONDS = 3.0
"""All reading of one scrape; Prometheus itself gives up after ten."""
MOST_COUNTED = 100_000

Values = Mapping[tuple[str, ...], float]
"""By the values of the gauge's labels."""


@dataclass(frozen=True, slots=True)
class Figure:
    gauge: Gauge
    read: Callable[[Tx], Awaitable[Values]]
    every_seconds: float = 5.0


class Figures:
    def __init__(self, service: str, begin: Begin, figures: Sequence[Figure]) -> None:
        self._service, self._begin = service, begin
        self._due_at = dict.fromkeys(figures, 0.0)
        self._turn = asyncio.Lock()

    async def refresh(self) -> None:
        """Never raises: what cannot be read is not shown, and tried again at the next scrape."""
        async with self._turn:
            due = [figure for figure, at in self._due_at.items() if at <= time.monotonic()]
            unread = set(due)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_SECONDS):
                    for figure in due:
                        try:
                            await self._read(figure)
                            unread.remove(figure)
                        except Exception as failure:
                            # A mistake in one query must not hide what the others say.
                            if is_transient(failure):
                                break
                            log.exception("figure not read")
            for figure in unread:
                figure.gauge.clear()
            UNREAD.labels(self._service).set(len(unread))

    async def _read(self, figure: Figure) -> None:
        async with self._begin() as tx:
            values = await figure.read(tx)
        figure.gauge.clear()
        for labels, value in values.items():
            figure.gauge.labels(*labels).set(value)
        self._due_at[figure] = time.monotonic() + figure.every_seconds


UNREAD = Gauge(
    "jonction_figures_unread", "Gauges that the database did not tell just now", ["service"]
)
OUTBOX = Gauge("jonction_outbox_rows", "Events not yet acknowledged by Kafka", ["service"])
OLDEST = Gauge("jonction_outbox_oldest_seconds", "Age of the oldest of them", ["service"])
HELD = Gauge("jonction_held_events", "Events that wait for an operator", ["service", "reason"])
INCIDENTS = Gauge("jonction_incidents_open", "Open incidents", ["service", "kind"])

# Bounded, for this is asked most when the outbox is longest.
_OUTBOX = text("select count(*) from (select from outbox limit :most) as counted")
_OLDEST = text(
    "select extract(epoch from clock_timestamp() - written_at) from outbox order by id limit 1"
)
_INCIDENTS = text("select kind, count(*) from incident where closed_at is null group by kind")


def of_mechanisms(service: str) -> list[Figure]:
    """What every service with a database tells of its outbox, held events and incidents."""

    async def rows(tx: Tx) -> Values:
        return {(service,): await tx.scalar(_OUTBOX, {"most": MOST_COUNTED}) or 0}

    async def oldest(tx: Tx) -> Values:
        return {(service,): float(await tx.scalar(_OLDEST) or 0)}

    async def waiting(tx: Tx) -> Values:
        return {(service, reason): count for reason, count in (await held.count(tx)).items()}

    async def incidents(tx: Tx) -> Values:
        return {(service, row[0]): row[1] for row in await tx.execute(_INCIDENTS)}

    return [
        Figure(OUTBOX, rows),
        Figure(OLDEST, oldest),
        Figure(HELD, waiting),
        Figure(INCIDENTS, incidents),
    ]
