"""Due instants: working days in France, the end of a Paris day, and the two changes of hour."""

from datetime import UTC, date, datetime

import pytest
from matcher.domain.delays import (
    acknowledgement_due,
    payment_due,
    technical_acknowledgement_due,
)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("deposited", "due"),
    [
        # Wednesday 11 November is a holiday: Friday 13 is the third working day.
        ("2026-11-09T09:00", "2026-11-13T23:00"),
        # A Monday of March, in winter time.
        ("2026-03-02T09:00", "2026-03-05T23:00"),
        # On a Friday: the week-end does not count.
        ("2026-03-06T09:00", "2026-03-11T23:00"),
        # On a Saturday, on a Sunday.
        ("2026-03-07T09:00", "2026-03-11T23:00"),
        ("2026-03-08T09:00", "2026-03-11T23:00"),
        # 23:30 UTC of Sunday is Monday in Paris.
        ("2026-03-01T23:30", "2026-03-05T23:00"),
        # Across the spring change of hour (29 March): due in summer time.
        ("2026-03-27T09:00", "2026-04-01T22:00"),
        # Across the autumn change (25 October): due in winter time.
        ("2026-10-23T09:00", "2026-10-28T23:00"),
        # Across Easter Monday (6 April) and before 1 May.
        ("2026-04-02T09:00", "2026-04-08T22:00"),
        ("2026-04-29T09:00", "2026-05-05T22:00"),
        # Across the year: 1 January is closed, 26 December is not (metropolitan calendar).
        ("2026-12-30T09:00", "2027-01-05T23:00"),
        ("2025-12-24T09:00", "2025-12-30T23:00"),
    ],
)
def test_a_business_answer_is_due_at_the_end_of_the_third_working_day(deposited, due, law):
    found = acknowledgement_due(utc(deposited), law)
    assert found.at == utc(due)
    assert "acknowledgement-working-days@" in found.rule
    assert "holidays-FR@" in found.rule


def test_a_technical_acknowledgement_is_due_an_hour_later_also_at_a_change_of_hour(law):
    assert technical_acknowledgement_due(utc("2026-03-29T00:30"), law).at == utc("2026-03-29T01:30")


@pytest.mark.parametrize(
    ("first", "accepted", "due"),
    [
        ("2026-03-05", "2026-03-03T10:00", "2026-04-19T22:00"),
        ("2026-03-05", "2026-03-20T10:00", "2026-05-04T22:00"),
        ("2026-10-01", "2026-09-01T10:00", "2026-11-15T23:00"),
    ],
)
def test_a_payment_is_due_45_days_after_first_day_or_acceptance(first, accepted, due, law):
    assert payment_due(date.fromisoformat(first), utc(accepted), law).at == utc(due)


def test_recomputing_a_due_instant_gives_the_same_one(law):
    assert acknowledgement_due(utc("2026-11-09T09:00"), law) == acknowledgement_due(
        utc("2026-11-09T09:00"), law
    )
