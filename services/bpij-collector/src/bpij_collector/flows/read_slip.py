"""Errand: reads one stored slip into payment statements, or sets the whole file aside.

The reading happens in a thread with no transaction open; the outcome is written in one transaction,
guarded by the slip's state. Every statement leaves with its event through the outbox.
"""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis import outbox, trace
from chassis.clock import Clock
from chassis.db import Begin, Tx
from chassis.directory import Directory
from chassis.errors import Refused
from chassis.failpoints import fp
from chassis.incidents import close_incident, open_incident
from chassis.sealing import PersonRefs, Sealer
from contracts.events import StatementLine, StatementReceived
from contracts.identifiers import Siret
from contracts.ids import statement_id
from contracts.sealed import Person
from contracts.topics import COLLECTOR, STATEMENTS

from bpij_collector.domain.slip import Insured, Line, Notice, Slip, fingerprint
from bpij_collector.domain.statement import PaymentStatement, split
from bpij_collector.domain.totals import check_totals
from bpij_collector.partner.archive import data_file
from bpij_collector.partner.slip_xml import SlipReader
from bpij_collector.store import slips, statements
from bpij_collector.store.slips import FetchedSlip
from bpij_collector.store.statements import Sealed

MAX_ATTEMPTS = 10
"""A slip that ended its reader so often (crash, bug) is set aside: others must not wait for it."""


async def read_slip(
    begin: Begin,
    *,
    reader: SlipReader,
    sealer: Sealer,
    refs: PersonRefs,
    directory: Directory,
    clock: Clock,
) -> int:
    """Returns 1 when a slip was read or set aside, 0 when none waits."""
    async with begin() as tx:
        taken = await slips.take_fetched(tx)
    if taken is None:
        return 0
    with trace.span("read slip", slip=taken.id, attempt=taken.attempt) as span:
        try:
            slip = await _understood(taken, reader, sealer, directory)
        except Refused as refused:
            async with begin() as tx:
                await _quarantine(tx, taken, refused, clock)
            outcome = "quarantined"
        else:
            outcome = await _decide(begin, taken, slip, sealer=sealer, refs=refs, clock=clock)
        span.set_attribute("outcome", outcome)
    return 1


async def _decide(
    begin: Begin, taken: FetchedSlip, slip: Slip, *, sealer: Sealer, refs: PersonRefs, clock: Clock
) -> str:
    person_refs = {
        insured.place: refs.person_ref(taken.tenant, insured.nir.value)
        for insured in slip.insured()
    }
    ready = [
        await _sealed(taken, slip, paid, person_refs[paid.insured.place], sealer)
        for paid in split(slip)
    ]
    fp("collector.after_parse")
    async with begin() as tx:
        said = fingerprint(slip)
        owner, known = await slips.claim_identification(tx, taken, slip.identification, said)
        if owner == taken.id:
            await _accept(tx, taken, slip, ready=ready, person_refs=person_refs, clock=clock)
            outcome = "read"
        elif known == said:
            await _ignore(tx, taken, slip, owner, clock)
            outcome = "ignored"
        else:
            await _quarantine(tx, taken, Refused("identification-reused"), clock)
            outcome = "quarantined"
        fp("collector.before_commit")
    return outcome


async def _understood(
    taken: FetchedSlip, reader: SlipReader, sealer: Sealer, directory: Directory
) -> Slip:
    if taken.attempt > MAX_ATTEMPTS:
        raise Refused("reading-failed")
    raw = await sealer.open_bytes(
        taken.raw, tenant=taken.tenant, topic=STATEMENTS.name, stream=taken.id, field="slip"
    )
    slip = await asyncio.to_thread(_read, raw, reader)
    tenant = directory.tenant(taken.tenant)
    _check_employers(slip, tenant.sirets if tenant else ())
    return slip


def _read(raw: bytes, reader: SlipReader) -> Slip:
    slip = reader.read(data_file(raw))
    check_totals(slip)
    return slip


def _check_employers(slip: Slip, sirets: Sequence[Siret]) -> None:
    for employer in slip.employers:
        if employer.siret not in sirets:
            raise Refused("siret-not-of-tenant", params={"place": employer.place})


async def _sealed(
    taken: FetchedSlip, slip: Slip, paid: PaymentStatement, person_ref: str, sealer: Sealer
) -> Sealed:
    id = statement_id(taken.account, slip.identification, paid.place)
    person = await sealer.seal(
        _person(paid.insured).model_dump_json(),
        tenant=taken.tenant,
        topic=STATEMENTS.name,
        stream=id,
        field="person",
    )
    return Sealed(id, paid, person_ref, person)


def _person(insured: Insured) -> Person:
    return Person(nir=insured.nir, family_name=insured.family_name, given_names=insured.given_names)


async def _quarantine(tx: Tx, taken: FetchedSlip, refused: Refused, clock: Clock) -> None:
    values = {"reason": refused.code, "place": refused.params.get("place")}
    if await slips.decide(tx, taken.id, "refused", clock.now(), values):
        detail = {"slip_id": str(taken.id), "reason": refused.code, "tenant": taken.tenant}
        await open_incident(tx, COLLECTOR, "slip-quarantined", str(taken.id), detail, clock.now())


async def _ignore(tx: Tx, taken: FetchedSlip, slip: Slip, owner: UUID, clock: Clock) -> None:
    values = {
        "identification": slip.identification,
        "same_as": owner,
        "notices": _notices([*slip.notices, Notice("same-content", "")]),
    }
    await slips.decide(tx, taken.id, "found-again", clock.now(), values)


async def _accept(
    tx: Tx,
    taken: FetchedSlip,
    slip: Slip,
    *,
    ready: Sequence[Sealed],
    person_refs: Mapping[str, str],
    clock: Clock,
) -> None:
    values = {
        "identification": slip.identification,
        "total": slip.total,
        "people": len(slip.insured()),
        "statements": len(ready),
        "lines": slip.line_count(),
        "notices": _notices(slip.notices),
    }
    if not await slips.decide(tx, taken.id, "accepted", clock.now(), values):
        return
    await close_incident(tx, COLLECTOR, "slip-quarantined", str(taken.id), clock.now())
    for insured in slip.insured():
        await statements.add_overpayments(
            tx,
            tenant=taken.tenant,
            slip_id=taken.id,
            insured=insured,
            person_ref=person_refs[insured.place],
        )
    await statements.add_all(tx, taken.tenant, taken.id, ready)
    # In the order of their ids, as everyone who writes to several streams.
    for each in sorted(ready, key=lambda sealed: sealed.id):
        received = _received(taken, slip.identification, each)
        await outbox.add(tx, received, stream=each.id, tenant=taken.tenant, at=clock.now())


def _received(taken: FetchedSlip, said: str, each: Sealed) -> StatementReceived:
    paid = each.paid
    return StatementReceived(
        statement_id=each.id,
        account=taken.account,
        slip=said,
        siret=paid.siret,
        person_ref=each.person_ref,
        caisse=paid.caisse,
        accounting_day=paid.accounting_day,
        insurance=paid.insurance,
        claim_number=paid.claim,
        lines=[_line(line) for line in paid.lines],
        total=paid.total,
        received_at=taken.fetched_at,
        person=each.person,
    )


def _line(line: Line) -> StatementLine:
    return StatementLine(
        nature=line.nature,
        label=line.label,
        first=line.first,
        last=line.last,
        days=line.days,
        unit=line.unit,
        amount=line.amount,
        subrogated=line.subrogated,
    )


def _notices(notices: Sequence[Notice]) -> list[dict[str, str]]:
    return [{"code": notice.code, "about": notice.about} for notice in notices]
