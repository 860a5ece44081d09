"""An errand: what a dead or frozen process left in INTENT becomes UNKNOWN, never READY.

Nobody knows whether its bytes went out. The quiet time counts from here: such a process may have
sent until its lease ended.
"""

from chassis.clock import Clock
from chassis.db import Begin

from cpam_adapter.domain.patience import Patience
from cpam_adapter.domain.submission import Fact, State
from cpam_adapter.store import claims, proofs, submissions

_AT_ONCE = 100


async def recover_leases(begin: Begin, clock: Clock, patience: Patience) -> int:
    """How many were found."""
    now = clock.now()
    async with begin() as tx:
        over = await claims.lease_over(tx, limit=_AT_ONCE)
        for submission in over:
            await submissions.move(
                tx,
                submission.id,
                State.INTENT,
                Fact.LEASE_OVER,
                reason="lease-over",
                unclear_at=now,
                next_action_at=patience.first_look(now),
            )
            await proofs.end_attempt(tx, submission, outcome="unclear:lease-over", at=now)
            await proofs.add_evidence(tx, submission, "lease-over", now)
    return len(over)
