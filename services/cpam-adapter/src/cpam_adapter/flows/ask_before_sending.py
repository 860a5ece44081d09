"""An errand: what may have been filed in a lost time is asked about before it may be sent.

It becomes UNKNOWN, one revision of a declaration after the other, and `resolve_unknown` does the
rest. When everything open was asked about and the log of the lost time is read, the hold ends.
"""

from chassis.clock import Clock
from chassis.db import Begin
from chassis.incidents import Incidents

from cpam_adapter.domain.holding import HELD
from cpam_adapter.domain.patience import Patience
from cpam_adapter.domain.submission import Fact, State
from cpam_adapter.store import holding, proofs, submissions

_AT_ONCE = 100


async def ask_before_sending(
    begin: Begin, clock: Clock, incidents: Incidents, patience: Patience
) -> int:
    """How many are to be asked about now; 1 for the end of the hold."""
    now = clock.now()
    async with begin() as tx:
        unasked = await holding.lock_unasked(tx, limit=_AT_ONCE)
        for submission in unasked:
            await submissions.move(
                tx,
                submission.id,
                State.READY,
                Fact.MAY_BE_FILED,
                reason="restored",
                ask_first=False,
                unclear_at=now,
                next_action_at=patience.first_look(now),
            )
            await proofs.add_evidence(tx, submission, "restored", now)
        if unasked:
            return len(unasked)
        if not await holding.is_over(tx):
            return 0
        await incidents.close(tx, HELD, "restored")
        return int(await holding.end(tx))
