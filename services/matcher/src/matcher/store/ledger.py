"""Brings all of a person's cases up to date with the facts, and tells what changed.

The whole of it is: read the facts, let the domain say what they amount to, write the differences,
add the news to the outbox. Every flow ends here; called under the person's lock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from chassis import outbox, trace
from chassis.db import Tx, after_commit
from chassis.failpoints import fp
from chassis.sealing import Sealer
from contracts.events import Case
from contracts.money import Amounts
from contracts.sealed import Pay
from contracts.topics import DECLARATIONS
from prometheus_client import Counter

from matcher.domain.allowance import earlier_days
from matcher.domain.case import Assessment, assess
from matcher.domain.deadline import Deadline, reconcile
from matcher.domain.facts import Answer, Credit, Facts, PaymentKey
from matcher.domain.law import Law
from matcher.domain.matching import Allocation, allocate, candidate, credits_of
from matcher.domain.news import Before, Match, news
from matcher.store import cases, deadlines, facts, history, statements
from matcher.store.cases import CaseRow
from matcher.store.statements import Kept

MATCHED = Counter(
    "jonction_matched_euros_total", "Net euros tied to cases, or taken back by the CPAM", ["sense"]
)


@dataclass(frozen=True, slots=True)
class Change:
    """One case: as it was told last, as it is now, and what is not told yet."""

    row: CaseRow
    after: Assessment
    answers: Sequence[Answer]
    matches: Sequence[Match]
    deadlines: Sequence[Deadline]


@dataclass(frozen=True, slots=True)
class Ledger:
    law: Law
    sealer: Sealer

    async def bring_up_to_date(
        self,
        tx: Tx,
        tenant: str,
        person_ref: str,
        at: datetime,
        *,
        due_by: datetime | None = None,
    ) -> None:
        """Deadlines of `due_by` and before fall due; only the clock's door gives one."""
        rows = await cases.list_of_person(tx, tenant, person_ref)
        known, untold = await self._facts(tx, rows)
        kept = await statements.of_person(tx, tenant, person_ref)
        payments = [each.payment for each in kept]
        candidates = [found for id_, each in known.items() if (found := candidate(id_, each))]
        allocations = allocate(candidates, payments)
        changed = {
            each.payment.key: allocations[each.payment.key]
            for each in kept
            if allocations[each.payment.key] != each.allocation
        }
        await statements.allocate(tx, changed, at)
        held = await deadlines.of_cases(tx, [row.case_id for row in rows])
        for row in rows:
            credits = credits_of(row.case_id, payments, allocations)
            its = self._with(known, row.case_id, credits)
            after = assess(its, self.law)
            deadlines_held = [each for case_id, each in held if case_id == row.case_id]
            change = Change(
                row=row,
                after=after,
                answers=[each for each in its.known_answers() if (row.case_id, each.key) in untold],
                matches=_matches(row.case_id, kept, changed),
                deadlines=reconcile(deadlines_held, after.waits, at, due_by=due_by),
            )
            await _write(tx, change, at)

    def _with(
        self, known: Mapping[UUID, Facts], case_id: UUID, credits: tuple[Credit, ...]
    ) -> Facts:
        """The facts of a case together with what it takes from the person's other cases."""
        its = known[case_id]
        if its.latest is None:
            return its
        others = [each.latest for id_, each in known.items() if id_ != case_id and each.latest]
        count = earlier_days(its.latest, others, self.law)
        return replace(its, credits=credits, earlier_days=count)

    async def _facts(
        self, tx: Tx, rows: Sequence[CaseRow]
    ) -> tuple[dict[UUID, Facts], set[tuple[UUID, str]]]:
        ids = [row.case_id for row in rows]
        by_id = {row.case_id: row for row in rows}
        known = {id_: Facts() for id_ in ids}
        for id_, revision, sealed in await facts.revisions_of(tx, ids):
            opened = replace(revision, pay=await self._pay(by_id[id_], sealed))
            known[id_] = replace(known[id_], revisions=(*known[id_].revisions, opened))
        for id_, deposit in await facts.deposits_of(tx, ids):
            known[id_] = replace(known[id_], deposits=(*known[id_].deposits, deposit))
        answers = await facts.answers_of(tx, ids)
        for id_, answer, _ in answers:
            known[id_] = replace(known[id_], answers=(*known[id_].answers, answer))
        return known, {(id_, answer.key) for id_, answer, told in answers if not told}

    async def _pay(self, row: CaseRow, sealed: str | None) -> Pay | None:
        if sealed is None:
            return None
        text = await self.sealer.open(
            sealed,
            tenant=row.tenant,
            topic=DECLARATIONS.name,
            stream=row.declaration_id,
            field="pay",
        )
        return Pay.model_validate_json(text)


def _matches(
    case_id: UUID, kept: Sequence[Kept], changed: Mapping[PaymentKey, Allocation]
) -> list[Match]:
    """Payments newly tied to the case, summed by statement, in business order."""
    sums: dict[UUID, Amounts] = {}
    for payment in sorted((each.payment for each in kept), key=lambda payment: payment.order):
        given = changed.get(payment.key)
        if given is not None and given.case_id == case_id:
            statement = payment.key.statement_id
            sums[statement] = sums.get(statement, Amounts.zero()) + payment.amounts
    return [Match(statement, amounts) for statement, amounts in sums.items()]


async def _write(tx: Tx, change: Change, at: datetime) -> None:
    row, after = change.row, change.after
    before = Before(row.state, row.cancelled, row.expected)
    found = news(
        row.identity,
        before,
        after,
        answers=change.answers,
        matches=change.matches,
        deadlines=change.deadlines,
        at=at,
    )
    if found or not row.says(after):
        await cases.write(tx, row.case_id, after, at)
    if (row.revision, row.expected) != (after.revision, after.expected):
        await history.add_expectation(tx, row.case_id, after, at)
    if (row.state, row.gap) != (after.state, after.gap):
        await history.add_state(tx, row.case_id, after.state, after.gap, at)
    for match in change.matches:
        sense = "paid" if match.amounts.net >= 0 else "taken-back"
        after_commit(tx, partial(MATCHED.labels(sense).inc, float(abs(match.amounts.net))))
    if change.answers:
        await facts.mark_told(tx, row.case_id, change.answers)
    if change.deadlines:
        await deadlines.write(tx, row.case_id, change.deadlines)
    fp("matcher.before_news")
    if found:
        await _tell(tx, row, found, at)


async def _tell(tx: Tx, row: CaseRow, found: Sequence[Case], at: datetime) -> None:
    """Whatever brought it, a slip or the clock: news of a case belong to its declaration's path."""
    with trace.span(
        "tell case",
        parent=trace.rejoin(row.traceparent),
        case=row.case_id,
        declaration=row.declaration_id,
        news=" ".join(each.type.rpartition(".")[2] for each in found),
    ):
        for event in found:
            await outbox.add(tx, event, stream=row.case_id, tenant=row.tenant, at=at)
