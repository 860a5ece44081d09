"""Door: the clock. Looks at each account's deposit, and reads what was stored."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import httpx
from chassis.clock import Clock
from chassis.db import Database
from chassis.directory import CpamAccount, Directory
from chassis.schedules import Schedule
from chassis.sealing import PersonRefs, Sealer

from bpij_collector.flows.fetch_slips import fetch_slips
from bpij_collector.flows.read_slip import read_slip
from bpij_collector.partner.deposit import SlipDeposit
from bpij_collector.partner.slip_xml import SlipReader
from bpij_collector.settings import Settings
from bpij_collector.store import slips

READ_EVERY = timedelta(milliseconds=200)


def table(
    settings: Settings,
    db: Database,
    *,
    http: httpx.AsyncClient,
    directory: Directory,
    sealer: Sealer,
    refs: PersonRefs,
    reader: SlipReader,
    clock: Clock,
) -> list[Schedule]:
    poll = timedelta(seconds=settings.slips_poll_seconds)

    def fetch(account: CpamAccount) -> Callable[[], Awaitable[int]]:
        deposit = SlipDeposit(http, settings.cpam, account.account, account.password())
        return partial(fetch_slips, db.begin, deposit, account, sealer, clock)

    async def waiting() -> int:
        async with db.begin() as tx:
            return await slips.count_waiting(tx)

    # One schedule an account: one whose caisse does not answer leaves the others alone.
    return [
        *(
            Schedule(f"fetch-slips.{account.account}", poll, fetch(account))
            for account in directory.cpam_accounts
        ),
        Schedule(
            "read-slip",
            READ_EVERY,
            partial(
                read_slip,
                db.begin,
                reader=reader,
                sealer=sealer,
                refs=refs,
                directory=directory,
                clock=clock,
            ),
            backlog=waiting,
        ),
    ]
