"""The secret parts of a change, sealed before the transaction is open."""

from uuid import UUID

from chassis.sealing import Sealer
from contracts.sealed import SealedField

from declaration_gateway.domain.changing import Cancellation, Changing, Correction
from declaration_gateway.domain.sealable import Seals


async def seal_change(
    sealer: Sealer, *, tenant: str, declaration_id: UUID, said: Changing
) -> dict[str, SealedField | None]:
    """`pay` and `bank` where the change moves them, `reason` where one was given."""
    seals = Seals(sealer, tenant, declaration_id)
    sealed: dict[str, SealedField | None] = {}
    if isinstance(said, Correction):
        if "pay" in said.model_fields_set:
            sealed["pay"] = await seals.pay(said.pay)
        if "subrogation" in said.model_fields_set:
            sealed["bank"] = await seals.bank(said.subrogation)
    if isinstance(said, Cancellation):
        sealed["reason"] = await seals.reason(said.reason)
    return sealed
