"""Who may work on a person's cases now: a lock a person, and the rows of the cases.

A person's payments are allocated under the person's lock only, so that two workers never tie one
payment to two cases. Locks are always taken in this order: persons, then cases.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.db import Tx
from chassis.errors import Unavailable
from contracts.envelope import Event
from contracts.ids import case_id as case_id_of
from sqlalchemy import text

from matcher.store import cases
from matcher.store.cases import CaseRow

_LOCK = text("select pg_advisory_xact_lock(hashtextextended(:person, 0))")
_LOCK_PERSON_OF = text(
    """
    select person_ref, pg_advisory_xact_lock(hashtextextended(tenant || ' ' || person_ref, 0))
    from sick_case where tenant = :of_tenant and declaration_id = :of_declaration
    """
)
_LOCK_ALL = text(
    """
    select person, pg_advisory_xact_lock(hashtextextended(person, 0)) from (
        select unnest(cast(:persons as text[])) as person
        union
        select tenant || ' ' || person_ref from sick_case
        where case_id = any(cast(:cases as uuid[])) and person_ref is not null
        order by person
    ) as persons
    """
)
_ANOTHER = text(
    """
    select 1 from sick_case
    where case_id = any(cast(:cases as uuid[])) and person_ref is not null
      and tenant || ' ' || person_ref <> all(cast(:persons as text[]))
    """
)


async def lock_person(tx: Tx, tenant: str, person_ref: str) -> None:
    """Until the transaction ends."""
    await tx.execute(_LOCK, {"person": f"{tenant} {person_ref}"})


async def lock_all(tx: Tx, events: Sequence[Event], at: datetime) -> None:
    """Persons and cases of these events, each in one order, as every other batch takes them: two
    workers have the same persons at different places of their batches.
    """
    refs = {(event.tenant, event.data.get("person_ref")) for event in events}
    found = {(event.tenant, event.data.get("declaration_id")) for event in events}
    declared = sorted((tenant, UUID(given)) for tenant, given in found if given)
    persons = [f"{tenant} {ref}" for tenant, ref in refs if ref]
    place: dict[str, list[Any]] = {"cases": [case_id_of(id_) for _, id_ in declared]}
    while True:
        locked = await tx.execute(_LOCK_ALL, place | {"persons": persons})
        persons = list(locked.scalars())
        savepoint = await tx.begin_nested()
        await cases.note_all(tx, declared, at)
        if (await tx.execute(_ANOTHER, place | {"persons": persons})).first() is None:
            await savepoint.commit()
            return
        # Declared a moment ago: the rows are let go, and the persons' locks taken before them.
        await savepoint.rollback()


async def lock_case(tx: Tx, tenant: str, declaration_id: UUID, at: datetime) -> CaseRow:
    """As `note`, with the lock of the person whom the case is known to concern taken first."""
    place = {"of_tenant": tenant, "of_declaration": declaration_id}
    while (person_ref := (await tx.execute(_LOCK_PERSON_OF, place)).scalar()) is None:
        savepoint = await tx.begin_nested()
        case = await cases.note(tx, tenant, declaration_id, at)
        if case.person_ref is None:
            await savepoint.commit()
            return case
        # Declared a moment ago: the row is let go, and the person's lock taken before it.
        await savepoint.rollback()
    case = await cases.note(tx, tenant, declaration_id, at)
    if case.person_ref != person_ref:
        raise Unavailable("a case that was given to another person a moment ago", timedelta())
    return case
