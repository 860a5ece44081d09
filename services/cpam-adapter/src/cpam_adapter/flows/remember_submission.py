"""A reaction to our own event of a lost time: the submission moves as the fact once moved it.

Comes from `python -m cpam_adapter restored`, which reads submissions.v1 behind the backup. What is
not known here waits until `prepare_submission` reads its declaration again.
"""

from chassis.clock import Clock
from chassis.db import Tx
from contracts.envelope import Event
from contracts.events import Submission as SubmissionNews

from cpam_adapter.store import holding, submissions


async def remember_submission(clock: Clock, tx: Tx, event: Event, data: SubmissionNews) -> None:
    submission = await submissions.find(tx, data.submission_id, lock=True)
    if submission is None:
        await holding.remember(tx, data, event.version)
    else:
        await holding.recall(tx, submission, data, clock.now())
