"""A reaction to our own event of a lost time: the declaration stands again as it was told.

Comes from `python -m declaration_gateway restored`, which reads declarations.v1 behind the backup.
Receipts and keys of that time are gone: a request that is sent again is refused as overlapping.
"""

from chassis.db import Tx
from contracts.envelope import Event
from contracts.events import Declaration

from declaration_gateway.domain import life
from declaration_gateway.store import recalling


async def remember_declaration(tx: Tx, event: Event, data: Declaration) -> None:
    await recalling.recall(tx, event.tenant, data, life.told(data))
