"""An errand without a partner: idempotency keys beyond their retention are dropped, some at a time.

Real time: an HRIS sends again after a failure of minutes or weeks, whatever the business clock
says. The arrêt itself stays, and is still recognised by its days.
"""

from datetime import timedelta

from chassis.db import Begin
from chassis.leases import real_now

from declaration_gateway.store import keys

_AT_ONCE = 1000


async def forget_keys(begin: Begin, kept: timedelta) -> int:
    """How many were dropped."""
    async with begin() as tx:
        return await keys.drop_older(tx, real_now() - kept, limit=_AT_ONCE)
