"""Reaction: a declaration as its HRIS may read it back: no person, no pay, no account number."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.access import Caller
from chassis.db import Tx
from chassis.errors import Refused
from contracts.events import Declaration

from declaration_gateway.store import answers, cases, declarations
from declaration_gateway.store.answers import Answer
from declaration_gateway.store.cases import CaseView


async def read_declaration(tx: Tx, caller: Caller, declaration_id: UUID) -> dict[str, Any]:
    standing = await declarations.find(tx, declaration_id)
    if standing is None or not caller.may_see(standing.tenant):
        raise Refused("not-found")
    answered = await answers.list_of(tx, standing.tenant, declaration_id)
    case = await cases.find(tx, standing.tenant, declaration_id)
    return {
        **_declared(standing.said),
        "status": standing.state,
        "answers": [_shown(answer) for answer in answered],
        "proofs": _proofs(answered),
        "case": case and _case(case),
    }


def _declared(said: Declaration) -> dict[str, Any]:
    return {
        "declaration_id": said.declaration_id,
        "revision": said.revision,
        "employer": {"siret": said.siret.value},
        "contract": said.contract,
        "risk": said.risk,
        "last_worked_day": said.last_worked_day,
        "accident_day": said.accident_day,
        "period": said.period.model_dump(),
        "subrogation": said.subrogation and said.subrogation.model_dump(),
        "returned_on": said.returned_on,
        "pay_given": said.pay is not None,
        "revised_at": said.declared_at,
    }


def _shown(answer: Answer) -> dict[str, Any]:
    return {
        "kind": answer.kind,
        "verdict": answer.verdict,
        "code": answer.code,
        "label_fr": answer.label,
        "at": answer.at,
        "revision": answer.revision,
        "reference": answer.reference,
    }


def _proofs(answered: Sequence[Answer]) -> list[dict[str, Any]]:
    return [
        {
            "revision": answer.revision,
            "reference": answer.reference,
            "deposited_at": answer.at,
            "sha256": answer.content_sha256,
            "control_number": answer.control_number,
        }
        for answer in answered
        if answer.kind == "technical" and answer.verdict == "received"
    ]


def _case(case: CaseView) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "state": case.state,
        **case.amounts,
        "alerts_open": len(case.overdue),
        "overdue": sorted(case.overdue.values()),
        "at": case.at,
    }
