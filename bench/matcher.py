"""Events a second of the matcher over whole lives of arrêts, with one worker and with two.

Beside it the floor, a loop that only moves the same bytes into PostgreSQL, and the matcher's own
reactions in the loop one would otherwise write.
"""

from collections.abc import Callable

from chassis.clock import SystemClock
from chassis.db import Database
from chassis.sealing import Sealer
from matcher import consumers
from matcher.domain.law import french_law
from matcher.store.ledger import Ledger

from bench import facts, readers, workers
from bench.figures import Compared
from bench.ground import Ground
from bench.workers import Scaled, Work

SERVICE = "matcher"
CASES = 400
_APPLIED = "select coalesce(sum(next_offset), 0) from consumer_position"


async def measure(ground: Ground, say: Callable[[str], None]) -> Scaled:
    """One worker, compared, and two workers side by side."""
    events = facts.composed(await facts.lives(ground.material, 0, CASES))

    async def applied(database: str) -> int:
        async with ground.connection(database) as connection:
            return int(await connection.fetchval(_APPLIED))

    counter = ("jonction_events_consumed_total", {"outcome": "applied"})
    work = Work(SERVICE, events, applied, len(events), counter, {})
    one = await workers.run(ground, work, 1, say)
    two = await workers.run(ground, work, 2, say)
    database = await ground.fresh_database(SERVICE, readers.TABLES)
    topics = sorted({topic for topic, _ in events})
    async with ground.connection(database) as connection:
        floor = await readers.read_raw(ground.broker, topics, len(events), connection)
    db = Database(ground.url(database, SERVICE))
    table = consumers.table(
        Ledger(french_law(), Sealer(ground.material.keys(SERVICE))), SystemClock()
    )
    naive = await readers.read_naively(ground.broker, "bench-naive", table, len(events), db)
    await db.close()
    return Scaled(one, two, Compared([one.rate], [floor], [naive]))
