"""Door: the clock. Looks at each account's deposit, and reads what was stored."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from chassis.clock import Clock
from chassis.db import Database
from chassis.directory import CpamAccount, Directory
from chassis.schedules import Schedule
from chassis.sealing import PersonRefs, Sealer

from bpij_collector.flows.fetch_slips import fetch_slips
from bpij_collector.flows.read_slip import read_slip
from bpij_collector.partner.deposit import SlipDeposit
from bpij_collector.partner.slip_xml import SlipReader
from bpij_collector.store import slips

READ_EVERY = timedelta(milliseconds=200)


def table(
    db: Database,
    *,
    deposits: Sequence[tuple[CpamAccount, SlipDeposit]],
    poll_every: timedelta,
    directory: Directory,
    sealer: Sealer,
    refs: PersonRefs,
    reader: SlipReader,
    clock: Clock,
) -> list[Schedule]:
    async def waiting() -> int:
        async with db.begin() as tx:
            return await slips.count_waiting(tx)

    read = partial(
        read_slip,
        db.begin,
        reader=reader,
        sealer=sealer,
        refs=refs,
        directory=directory,
        clock=clock,
    )
    # One schedule an account: one whose caisse does not answer leaves the others alone.
    return [
        *(
            Schedule(
                f"fetch-slips.{account.account}",
                poll_every,
                partial(fetch_slips, db.begin, deposit, account, sealer, clock),
            )
            for account, deposit in deposits
        ),
        Schedule("read-slip", READ_EVERY, read, backlog=waiting),
    ]
