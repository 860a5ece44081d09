"""When to try again and when to ask again.

Sending again runs on real time (a connection is refused now, not on a business day); asking after
an unknown outcome runs on business time, because the partner's quiet and settling times are
promises about its day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

_LADDER = tuple(timedelta(minutes=minutes) for minutes in (2, 5, 15, 30, 60, 120))


def resend_delay(
    failures: int, *, first: timedelta, longest: timedelta, random: Random
) -> timedelta:
    """Full jitter: anything up to the doubled bound. `failures` counts from 1."""
    bound = min(longest, first * (1 << min(failures - 1, 20)))
    return bound * random.random()


@dataclass(frozen=True, slots=True)
class Patience:
    """`quiet`: the longest time in which the partner may still be filing what it received.
    `settling`: how far apart two "not found" must lie to count. `limit`: then a person looks."""

    quiet: timedelta
    settling: timedelta
    limit: timedelta

    def first_look(self, since: datetime) -> datetime:
        """`since`: when the outcome became unknown, never before the last byte may have left."""
        return since + self.quiet

    def second_look(self, since: datetime, first_not_found: datetime) -> datetime:
        """From here on a second "not found" allows sending the same bytes again."""
        return max(first_not_found, since + self.quiet) + self.settling

    def next_question(self, since: datetime, now: datetime) -> datetime:
        """After a question that got no answer: 2, 5, 15, 30 min, 1 h, then every 2 h."""
        for step in _LADDER:
            if since + step > now:
                return since + step
        return now + _LADDER[-1]


@dataclass(frozen=True, slots=True)
class Terms:
    """How sending is done; the two backoff bounds are real time. `parallel`: deposits of one
    process; `at_one_account`: the most under way there, of all processes together.
    """

    lease: timedelta
    request: timedelta
    parallel: int
    at_one_account: int
    backoff_first: timedelta
    backoff_longest: timedelta
    patience: Patience
