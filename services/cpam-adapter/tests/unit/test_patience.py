from datetime import datetime, timedelta
from random import Random

import pytest
from cpam_adapter.domain.patience import Patience, resend_delay

AT = datetime.fromisoformat("2026-03-02T07:00:00+00:00")
PATIENCE = Patience(timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=24))


def minutes(instant):
    return (instant - AT).total_seconds() / 60


def test_nobody_is_asked_before_the_quiet_time_is_over():
    assert minutes(PATIENCE.first_look(AT)) == 2


def test_two_not_found_lie_the_settling_time_apart():
    assert minutes(PATIENCE.second_look(AT, AT + timedelta(minutes=5))) == 15


def test_the_second_not_found_also_lies_beyond_quiet_and_settling_time_after_the_doubt_began():
    assert minutes(PATIENCE.second_look(AT, AT)) == 12


@pytest.mark.parametrize(
    ("now", "expected"), [(0, 2), (2, 5), (5, 15), (14, 15), (30, 60), (60, 120), (125, 245)]
)
def test_a_question_without_an_answer_is_asked_again_ever_more_rarely(now, expected):
    assert minutes(PATIENCE.next_question(AT, AT + timedelta(minutes=now))) == expected


def test_the_delay_before_sending_again_is_jittered_below_a_bound_that_doubles():
    first, longest, random = timedelta(seconds=5), timedelta(minutes=15), Random(1)
    for failures, bound in ((1, 5), (2, 10), (4, 40), (30, 900)):
        delays = [
            resend_delay(failures, first=first, longest=longest, random=random).total_seconds()
            for _ in range(500)
        ]
        assert 0 <= min(delays) < bound * 0.1
        assert bound * 0.9 < max(delays) < bound
