import datetime as dt
from uuid import uuid4

import pytest
from notifier.domain.alert import OVERDUE_KINDS, alert_id, episode
from notifier.domain.letter import LetterState, Reply, state_after
from notifier.domain.wording import AWAITED, NEXT_STEP, TITLE


@pytest.mark.parametrize(
    ("replies", "state"),
    [
        ({}, "queued"),
        ({"a": "accepted"}, "sent"),
        ({"a": "refused"}, "refused"),
        ({"a": "later"}, "queued"),
        ({"a": "accepted", "b": "refused"}, "sent"),
        ({"a": "accepted", "b": "later"}, "queued"),
        ({"a": "refused", "b": "later"}, "queued"),
    ],
)
def test_letter_is_finished_when_nobody_is_waiting(
    replies: dict[str, Reply], state: LetterState
) -> None:
    assert state_after(replies) == state


def test_one_opening_is_one_alert_however_often_it_is_read() -> None:
    cause, at = uuid4(), dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)
    paris = at.astimezone(dt.timezone(dt.timedelta(hours=1)))

    assert alert_id(episode(cause, at)) == alert_id(episode(cause, paris))
    assert episode(cause, at) != episode(cause, at + dt.timedelta(minutes=1))


def test_every_kind_has_its_words() -> None:
    kinds = {*OVERDUE_KINDS.values(), "payment-gap", "incident"}

    assert kinds == set(TITLE) == set(AWAITED) == set(NEXT_STEP)
