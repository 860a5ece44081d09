"""Door: the clock. The queue of mails and our own incidents, both looked at in real time."""

import datetime as dt

from chassis.clock import Clock
from chassis.db import Database
from chassis.schedules import Schedule
from prometheus_client import Gauge

from notifier.flows.send_mails import send_mails
from notifier.flows.watch_own_incidents import watch_own_incidents
from notifier.partner.letters import Letters
from notifier.partner.post import PostOffice
from notifier.store import mails

HEARTBEAT = Gauge(
    "jonction_notifier_heartbeat_seconds",
    "Unix time at which the notifier last looked at its queue; rings elsewhere when it stops",
)


def table(
    db: Database,
    clock: Clock,
    letters: Letters,
    office: PostOffice,
    *,
    operators: tuple[str, ...],
    every: dt.timedelta,
    lease_length: dt.timedelta,
) -> list[Schedule]:
    async def send() -> int:
        HEARTBEAT.set_to_current_time()
        return await send_mails(
            db.begin, office, clock, operators=operators, lease_length=lease_length
        )

    async def queued() -> int:
        async with db.begin() as tx:
            return await mails.count_queued(tx)

    async def watch() -> int:
        async with db.begin() as tx:
            return await watch_own_incidents(tx, letters)

    return [
        Schedule("watch_own_incidents", every=every, run=watch),
        Schedule("send_mails", every=every, run=send, backlog=queued),
    ]
