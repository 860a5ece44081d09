"""What a script may say, and what it may not."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from cpam_simulator.domain.script import Script
from pydantic import ValidationError

MATCH = {"siret": "90112233300015", "nir": "1850375116042", "first_day": "2026-03-02"}
LINE = {"nature": "IJNOR", "amount": "10.00"}
ACCEPT = {"risk": "MALADIE", "first_paid_day": "2026-03-05"}
AT = "2026-03-02T07:00:00Z"


def script(**parts: Any) -> dict[str, Any]:
    return {"name": "play", "match": MATCH, **parts}


def test_a_delay_counts_from_the_filing_and_an_instant_stands_by_itself() -> None:
    answers = [{"after": "PT26H", "verdict": "REJET"}, {"at": AT, "verdict": "REJET"}]
    one, two = Script.model_validate(script(answers=answers)).answers
    filed_at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert one.due(filed_at) == datetime(2026, 3, 3, 11, 0, tzinfo=UTC)
    assert two.due(filed_at) == datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def test_a_script_read_back_from_its_own_json_is_the_same() -> None:
    lines = [{**LINE, "from": "2026-03-05", "to": None, "unit": "1.00"}]
    told = Script.model_validate(
        script(
            technical=[{"kind": "slow", "seconds": 1}],
            answers=[{"after": "P1D", "verdict": "ACCEPTATION", "accept": ACCEPT}],
            slips=[{"at": AT, "lines": lines, "faults": ["bad-totals:assure"]}],
        )
    )
    assert Script.model_validate_json(told.model_dump_json(by_alias=True)) == told
    assert told.slips[0].lines[0].start == date(2026, 3, 5)


@pytest.mark.parametrize("technical", [None, {}, [], {"kind": "slow"}, [{"kind": "slow"}]])
def test_technical_may_be_absent_one_or_many(technical: Any) -> None:
    found = Script.model_validate(script(technical=technical)).technical
    assert len(found) == (1 if technical else 0)


@pytest.mark.parametrize(
    "parts",
    [
        {"answers": [{"verdict": "REJET"}]},
        {"answers": [{"verdict": "REJET", "after": "PT1H", "at": AT}]},
        {"answers": [{"verdict": "REJET", "at": "2026-03-02T07:00:00"}]},
        {"answers": [{"verdict": "PEUT_ETRE", "after": "PT1H"}]},
        {"answers": [{"verdict": "ACCEPTATION", "after": "PT1H"}]},
        {"answers": [{"verdict": "REJET", "after": "PT1H", "accept": ACCEPT}]},
        {"answers": [{"verdict": "REJET", "after": "PT1H", "code": "minuscule"}]},
        {"answers": [{"verdict": "REJET", "after": "PT1H", "revision": 0}]},
        {"slips": [{"at": AT, "lines": []}]},
        {"slips": [{"at": AT, "lines": [{**LINE, "amount": "10.001"}]}]},
        {"slips": [{"at": AT, "lines": [LINE], "faults": ["slow"]}]},
        {"slips": [{"at": AT, "lines": [LINE], "faults": ["bad-totals:caisse"]}]},
        {"technical": {"kind": "earthquake"}},
        {"surprise": 1},
        {"match": None},
        {"match": None, "account": "ATELIER", "slips": [{"at": AT, "lines": [LINE]}]},
        {"match": {**MATCH, "nir": "short"}},
    ],
)
def test_a_script_that_means_nothing_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Script.model_validate(script(**parts))


def test_the_person_of_a_script_does_not_show_in_its_repr() -> None:
    assert "1850375116042" not in repr(Script.model_validate(script()))
