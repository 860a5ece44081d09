"""An operator ends the hold by hand: for a CPAM that cannot be asked, or answers nothing.

What is still to be asked about is asked all the same; everything else goes out. Never before the
lost time has been read again: its declarations would go out unasked, a second time.
"""

from chassis.db import Tx
from chassis.errors import Refused
from chassis.incidents import Incidents

from cpam_adapter.domain.holding import HELD
from cpam_adapter.store import holding


async def release_deposits(tx: Tx, incidents: Incidents) -> None:
    if await holding.is_unread(tx):
        raise Refused("deposits-not-read")
    if not await holding.end(tx):
        raise Refused("deposits-not-held")
    await incidents.close(tx, HELD, "restored")
