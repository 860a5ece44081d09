"""Door: the clock. What is sent, asked, recovered, collected and applied, and how often."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from chassis.clock import Clock
from chassis.db import Begin, Tx
from chassis.schedules import Schedule

from cpam_adapter.domain.patience import Patience
from cpam_adapter.flows.apply_answers import Applying, apply_answers
from cpam_adapter.flows.collect_answers import Collecting, collect_answers
from cpam_adapter.flows.recover_leases import recover_leases
from cpam_adapter.flows.resolve_unknown import Asking, resolve_unknown
from cpam_adapter.flows.submit_declaration import Sending, submit_declaration
from cpam_adapter.store import answers, submissions


def table(
    *,
    begin: Begin,
    clock: Clock,
    patience: Patience,
    sending: Sending,
    asking: Asking,
    collecting: Collecting,
    applying: Applying,
    submit_every: timedelta,
    collect_every: timedelta,
) -> Sequence[Schedule]:
    async def next_question() -> datetime | None:
        async with begin() as tx:
            return await submissions.next_question(tx)

    def counted(count: Callable[[Tx], Awaitable[int]]) -> Callable[[], Awaitable[int]]:
        async def backlog() -> int:
            async with begin() as tx:
                return await count(tx)

        return backlog

    return [
        Schedule(
            "submit_declaration",
            submit_every,
            partial(submit_declaration, sending),
            backlog=counted(submissions.count_sendable),
        ),
        Schedule(
            "recover_leases",
            submit_every,
            partial(recover_leases, begin, clock, patience),
            backlog=counted(submissions.count_leased),
        ),
        Schedule(
            "resolve_unknown",
            submit_every,
            partial(resolve_unknown, asking),
            next_due=next_question,
        ),
        Schedule(
            "collect_answers",
            collect_every,
            partial(collect_answers, collecting),
            backlog=counted(answers.count_unconfirmed),
        ),
        Schedule(
            "apply_answers",
            submit_every,
            partial(apply_answers, applying),
            backlog=counted(answers.count_stored),
        ),
    ]
