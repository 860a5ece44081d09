"""The database was restored from a backup: nothing is deposited until the CPAM has been asked.

Comes from `python -m cpam_adapter restored`. A submission that stands as ready may have been filed
in the time that was lost, and so may declarations of that time, which are read again from the log.
"""

from chassis.db import Tx
from chassis.incidents import Incidents
from chassis.restoring import Restored

from cpam_adapter.domain.holding import HELD
from cpam_adapter.store import holding


async def hold_deposits(incidents: Incidents, tx: Tx, restored: Restored) -> None:
    await holding.begin(tx, restored.at, restored.ends)
    detail = {"reason": "restored", "epoch": str(restored.epoch)}
    await incidents.open(tx, HELD, "restored", detail)
