"""What was said, made into the first event of a declaration: person, pay and bank sealed.

Runs before the transaction is open: a sealing key may one day be a network call away.
"""

import os
from datetime import datetime
from uuid import UUID

from chassis.sealing import PersonRefs, Sealer
from contracts.events import DeclarationSubmitted, Period

from declaration_gateway.domain.declaring import Declaring
from declaration_gateway.domain.sealable import Seals


async def seal_declaration(
    sealer: Sealer, refs: PersonRefs, *, tenant: str, said: Declaring, at: datetime
) -> DeclarationSubmitted:
    declaration_id = _new_id(at)
    seals = Seals(sealer, tenant, declaration_id)
    paid_to_us = said.subrogation
    return DeclarationSubmitted(
        declaration_id=declaration_id,
        revision=1,
        change="initial",
        siret=said.employer.siret,
        person_ref=refs.person_ref(tenant, said.employee.nir.value),
        contract=said.contract,
        risk=said.risk,
        last_worked_day=said.last_worked_day,
        accident_day=said.accident_day,
        period=Period(first=said.period.first, last=said.period.last),
        subrogation=paid_to_us and Period(first=paid_to_us.first, last=paid_to_us.last),
        declared_at=at,
        person=await seals.person(said.employee),
        pay=await seals.pay(said.pay),
        bank=await seals.bank(paid_to_us),
    )


def _new_id(at: datetime) -> UUID:
    """UUID version 7 (RFC 9562): milliseconds first, so that a list by identifier is one by age."""
    raw = bytearray(int(at.timestamp() * 1000).to_bytes(6) + os.urandom(10))
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    return UUID(bytes=bytes(raw))
