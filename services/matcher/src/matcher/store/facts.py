"""Declaration revisions, deposits and answers: added once each, read together as a case's facts."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from chassis.db import Tx
from contracts.events import Acceptance, Declaration, SubmissionPrepared
from sqlalchemy import Text, Uuid, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from matcher.domain.days import Days
from matcher.domain.facts import Answer, Deposit, Revision
from matcher.store.tables import answer, deposit, revision

# Made once: building a query takes longer than running it.
_CASES = any_(bindparam("cases", type_=ARRAY(Uuid)))
_REVISIONS = (
    select(revision)
    .where(revision.c.case_id == _CASES)
    .order_by(revision.c.case_id, revision.c.number)
)
_DEPOSITS = select(deposit).where(deposit.c.case_id == _CASES)
_ANSWERS = select(answer).where(answer.c.case_id == _CASES)
_MARK_TOLD = (
    update(answer)
    .where(
        answer.c.case_id == bindparam("case"),
        answer.c.key == any_(bindparam("keys", type_=ARRAY(Text))),
    )
    .values(told=True)
)
_ADD_REVISION = insert(revision).on_conflict_do_nothing().returning(revision.c.number)
_ADD_DEPOSIT = insert(deposit).on_conflict_do_nothing().returning(deposit.c.revision)
_ADD_ANSWER = insert(answer).on_conflict_do_nothing().returning(answer.c.key)


async def add_revision(tx: Tx, case_id: UUID, declared: Declaration) -> bool:
    """False if it is known already. `pay` stays sealed."""
    subrogation = declared.subrogation
    added = await tx.execute(
        _ADD_REVISION,
        {
            "case_id": case_id,
            "number": declared.revision,
            "change": declared.change,
            "siret": declared.siret.value,
            "person_ref": declared.person_ref,
            "risk": declared.risk,
            "first_day": declared.period.first,
            "last_day": declared.period.last,
            "last_worked_day": declared.last_worked_day,
            "accident_day": declared.accident_day,
            "subrogated_from": subrogation.first if subrogation else None,
            "subrogated_to": subrogation.last if subrogation else None,
            "returned_on": declared.returned_on,
            "cancelled": declared.cancelled,
            "declared_at": declared.declared_at,
            "pay": declared.pay,
        },
    )
    return added.first() is not None


async def add_deposit(tx: Tx, case_id: UUID, prepared: SubmissionPrepared) -> bool:
    added = await tx.execute(
        _ADD_DEPOSIT,
        {
            "case_id": case_id,
            "revision": prepared.revision,
            "control_number": prepared.control_number,
            "prepared_at": prepared.prepared_at,
        },
    )
    return added.first() is not None


async def add_answer(tx: Tx, case_id: UUID, given: Answer) -> bool:
    """False if it is known already, however it came."""
    added = await tx.execute(
        _ADD_ANSWER,
        {
            "case_id": case_id,
            "key": given.key,
            "revision": given.revision,
            "kind": given.kind,
            "verdict": given.verdict,
            "code": given.code,
            "label": given.label,
            "reference": given.reference,
            "answered_at": given.answered_at,
            "acceptance": given.acceptance.model_dump(mode="json") if given.acceptance else None,
        },
    )
    return added.first() is not None


async def revisions_of(tx: Tx, cases: Sequence[UUID]) -> list[tuple[UUID, Revision, str | None]]:
    """With the sealed pay of each, in the order of their numbers."""
    found = await tx.execute(_REVISIONS, {"cases": cases})
    return [(row["case_id"], _revision(row), row["pay"]) for row in found.mappings()]


async def deposits_of(tx: Tx, cases: Sequence[UUID]) -> list[tuple[UUID, Deposit]]:
    found = await tx.execute(_DEPOSITS, {"cases": cases})
    return [(row.case_id, Deposit(row.revision, row.prepared_at)) for row in found]


async def answers_of(tx: Tx, cases: Sequence[UUID]) -> list[tuple[UUID, Answer, bool]]:
    """With whether others have been told of it."""
    found = await tx.execute(_ANSWERS, {"cases": cases})
    return [(row["case_id"], _answer(row), row["told"]) for row in found.mappings()]


async def mark_told(tx: Tx, case_id: UUID, answers: Iterable[Answer]) -> None:
    keys = [each.key for each in answers]
    await tx.execute(_MARK_TOLD, {"case": case_id, "keys": keys})


def _revision(row: Any) -> Revision:
    return Revision(
        number=row["number"],
        change=row["change"],
        siret=row["siret"],
        person_ref=row["person_ref"],
        risk=row["risk"],
        period=Days(row["first_day"], row["last_day"]),
        declared_at=row["declared_at"],
        last_worked_day=row["last_worked_day"],
        accident_day=row["accident_day"],
        subrogation=_days(row["subrogated_from"], row["subrogated_to"]),
        returned_on=row["returned_on"],
        cancelled=row["cancelled"],
    )


def _days(first: date | None, last: date | None) -> Days | None:
    return None if first is None or last is None else Days(first, last)


def _answer(row: Any) -> Answer:
    said = row["acceptance"]
    return Answer(
        key=row["key"],
        revision=row["revision"],
        kind=row["kind"],
        verdict=row["verdict"],
        answered_at=row["answered_at"],
        code=row["code"],
        label=row["label"],
        reference=row["reference"],
        acceptance=None if said is None else Acceptance.model_validate(said),
    )
