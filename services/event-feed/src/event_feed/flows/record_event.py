"""Reaction: keeps an event for the feed; positions are given later, by `place_entries`.

Events of different streams come in any order, so nothing is decided here: the entry waits, and what
it waits for (its declaration, or the case that names a statement's declaration) is noted when it
comes by.
"""

from uuid import UUID

from chassis.db import Tx
from contracts.envelope import Event
from contracts.events import Case, CaseMatched, Declaration, EventData, Statement, Submission

from event_feed.store import entries


async def record_event(tx: Tx, event: Event, data: EventData) -> None:
    number = await entries.add(tx, data.topic, event, _declaration_of(data))
    if number is None:
        return
    if isinstance(data, Declaration):
        await entries.know_declaration(tx, data.declaration_id, event.tenant, number)
    if isinstance(data, CaseMatched):
        await entries.link_statement(tx, data.statement_id, data.declaration_id)


def _declaration_of(data: EventData) -> UUID | None:
    match data:
        case Declaration() | Submission() | Case():
            return data.declaration_id
        case Statement():
            return None
        case _:
            raise TypeError(f"{type(data).__name__} is not for the feed")
