"""Reaction: an operator has a quarantined slip read again from its kept bytes."""

from uuid import UUID

from chassis.db import Tx
from chassis.errors import Refused

from bpij_collector.store import slips


async def put_back_slip(tx: Tx, slip_id: UUID) -> None:
    """Raises Refused("not-found"), or Refused("slip-not-put-back") in any state but quarantined."""
    if await slips.find(tx, slip_id, tenant=None) is None:
        raise Refused("not-found")
    if not await slips.put_back(tx, slip_id):
        raise Refused("slip-not-put-back")
