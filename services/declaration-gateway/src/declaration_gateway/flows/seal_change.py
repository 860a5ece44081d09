"""The secret parts of a change, sealed before the transaction is open."""

from uuid import UUID

from chassis.sealing import PersonRefs, Sealer

from declaration_gateway.domain.changing import Cancellation, Changing, Correction
from declaration_gateway.domain.sealable import SealedChange, Seals


async def seal_change(
    sealer: Sealer, refs: PersonRefs, *, tenant: str, declaration_id: UUID, said: Changing
) -> SealedChange:
    seals = Seals(sealer, tenant, declaration_id)
    if isinstance(said, Cancellation):
        return SealedChange(reason=await seals.reason(said.reason))
    if not isinstance(said, Correction):
        return SealedChange()
    sealed = SealedChange()
    if said.employee:
        person_ref = refs.person_ref(tenant, said.employee.nir.value)
        sealed = SealedChange({"person": await seals.person(said.employee)}, person_ref)
    if "pay" in said.model_fields_set:
        sealed.fields["pay"] = await seals.pay(said.pay)
    if "subrogation" in said.model_fields_set:
        sealed.fields["bank"] = await seals.bank(said.subrogation)
    return sealed
