"""Door: the clock. What is sent, asked, recovered, collected and applied, and how often."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from chassis.db import Begin, Tx
from chassis.schedules import Schedule

from cpam_adapter.flows.apply_answers import Applying, apply_answers
from cpam_adapter.flows.ask_before_sending import ask_before_sending
from cpam_adapter.flows.collect_answers import Collecting, collect_answers
from cpam_adapter.flows.recover_leases import recover_leases
from cpam_adapter.flows.resolve_unknown import Asking, resolve_unknown
from cpam_adapter.flows.submit_declaration import Sending, submit_declaration
from cpam_adapter.store import answers, claims, holding

Found = TypeVar("Found")

_MOST_LANES = 4
"""How many runs of sending there are side by side."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Real time between two looks that found nothing."""

    exchange: timedelta
    collection: timedelta


def table(
    sending: Sending, asking: Asking, collecting: Collecting, applying: Applying, pace: Pace
) -> Sequence[Schedule]:
    begin, patience = sending.begin, sending.terms.patience
    send, ask = partial(submit_declaration, sending), partial(resolve_unknown, asking)
    recover = partial(recover_leases, begin, sending.clock, patience)
    collect, apply = partial(collect_answers, collecting), partial(apply_answers, applying)
    hold = partial(ask_before_sending, begin, sending.clock, sending.incidents, patience)
    due = partial(_read, begin, claims.next_question)
    ready, leased, unasked, stored, unconfirmed = (
        partial(_read, begin, count)
        for count in (
            claims.count_sendable,
            claims.count_leased,
            holding.count_to_do,
            answers.count_stored,
            answers.count_unconfirmed,
        )
    )
    return [
        # Each waits for its slowest deposit, and they wait for each other never. What they have
        # before them is counted once.
        *(
            Schedule(
                "submit_declaration",
                pace.exchange,
                partial(send, limit),
                backlog=None if number else ready,
            )
            for number, limit in enumerate(lanes(sending.terms.parallel))
        ),
        Schedule("ask_before_sending", pace.exchange, hold, backlog=unasked),
        Schedule("recover_leases", pace.exchange, recover, backlog=leased),
        Schedule("resolve_unknown", pace.exchange, ask, next_due=due),
        # An answer to a declaration that stands in the log unread would seem a stranger's.
        Schedule(
            "collect_answers", pace.collection, collect, backlog=unconfirmed, after_reading=True
        ),
        Schedule("apply_answers", pace.exchange, apply, backlog=stored),
    ]


def lanes(parallel: int) -> list[int]:
    """How many deposits each run sends; together `parallel`."""
    count = min(_MOST_LANES, parallel)
    return [(parallel + number) // count for number in range(count)]


async def _read(begin: Begin, query: Callable[[Tx], Awaitable[Found]]) -> Found:
    async with begin() as tx:
        return await query(tx)
