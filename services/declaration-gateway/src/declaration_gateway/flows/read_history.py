"""Reaction: all that happened to a declaration, in order: revisions, answers, facts of its case."""

from typing import Any
from uuid import UUID

from chassis.access import Caller
from chassis.db import Tx
from chassis.errors import Refused
from contracts.events import Declaration

from declaration_gateway.store import answers, cases, declarations
from declaration_gateway.store.answers import Answer

# At one instant the declaration comes before what was said about it.
_RANK = {"revision": 0, "answer": 1, "case": 2}


async def read_history(tx: Tx, caller: Caller, declaration_id: UUID) -> list[dict[str, Any]]:
    standing = await declarations.find(tx, declaration_id)
    if standing is None or not caller.may_see(standing.tenant):
        raise Refused("not-found")
    revisions = await declarations.list_revisions(tx, declaration_id)
    answered = await answers.list_of(tx, standing.tenant, declaration_id)
    facts = await cases.list_facts(tx, standing.tenant, declaration_id)
    entries = [
        *map(_revision, revisions),
        *map(_answer, answered),
        *[
            {"entry": "case", "at": fact.at, "fact": fact.type, "state": fact.state, **fact.detail}
            for fact in facts
        ],
    ]
    return sorted(entries, key=lambda entry: (entry["at"], _RANK[entry["entry"]]))


def _revision(said: Declaration) -> dict[str, Any]:
    return {
        "entry": "revision",
        "at": said.declared_at,
        "revision": said.revision,
        "change": said.change,
        "period": said.period.model_dump(),
        "subrogation": said.subrogation and said.subrogation.model_dump(),
        "returned_on": said.returned_on,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "entry": "answer",
        "at": answer.at,
        "revision": answer.revision,
        "kind": answer.kind,
        "verdict": answer.verdict,
        "code": answer.code,
        "label_fr": answer.label,
        "reference": answer.reference,
    }
