"""The demo's story on real parts: what comes out through the public APIs, to the cent."""

from typing import Any

import pytest

Json = dict[str, Any]
A = {"gross": "710.10", "csg": "44.03", "crds": "3.55", "net": "662.52"}
NOTHING = {"gross": "0.00", "csg": "0.00", "crds": "0.00", "net": "0.00"}


def case_of(report: Json, scenario: str) -> Json:
    found: Json = next(case for case in report["cases"] if case["scenario"] == scenario)
    return found


def verdicts(case: Json) -> list[str]:
    return [answer["verdict"] for answer in case["answers"]]


def types(case: Json) -> list[str]:
    return [entry["type"].removeprefix("fr.jonction.") for entry in case["feed"]]


@pytest.mark.parametrize(
    ("scenario", "state", "expected", "received", "gap"),
    [
        ("01-paid-in-full", "settled", A, A, "0.00"),
        (
            "02-prolonged",
            "settled",
            {"gross": "1262.40", "csg": "78.27", "crds": "6.31", "net": "1177.82"},
            {"gross": "1262.40", "csg": "78.27", "crds": "6.31", "net": "1177.82"},
            "0.00",
        ),
        (
            "03-work-accident",
            "settled",
            {"gross": "2332.44", "csg": "144.61", "crds": "11.66", "net": "2176.17"},
            # Two slip lines, each with its own rounded retenues: a cent that is not a gap.
            {"gross": "2332.44", "csg": "144.61", "crds": "11.67", "net": "2176.16"},
            "0.00",
        ),
        ("04-not-subrogated", "paid-to-employee", NOTHING, NOTHING, "0.00"),
        ("06-documents-requested", "settled", A, A, "0.00"),
        ("07-cpam-silent", "settled", A, A, "0.00"),
        (
            "08-paid-too-little",
            "gap",
            {"gross": "755.10", "csg": "46.82", "crds": "3.78", "net": "704.50"},
            {"gross": "746.46", "csg": "46.28", "crds": "3.73", "net": "696.45"},
            "8.05",
        ),
        (
            "09-early-return",
            "settled",
            {"gross": "552.30", "csg": "34.24", "crds": "2.76", "net": "515.30"},
            {"gross": "552.30", "csg": "34.24", "crds": "2.76", "net": "515.30"},
            "0.00",
        ),
        ("11-sent-twice", "settled", A, A, "0.00"),
    ],
)
def test_each_case_ends_as_the_worked_cases_say(
    report: Json, scenario: str, state: str, expected: Json, received: Json, gap: str
) -> None:
    case = case_of(report, scenario)
    assert case["state"] == state
    assert case["expected"] == expected
    assert case["received"] == received
    assert case["gap"] == gap


def test_every_deposit_is_acknowledged_before_it_is_answered(report: Json) -> None:
    for case in report["cases"]:
        assert verdicts(case)[0] == "received", case["scenario"]
        assert case["answers"][0]["kind"] == "technical"


def test_a_rejection_comes_back_with_its_code(report: Json) -> None:
    case = case_of(report, "05-rejected")
    assert case["state"] == "refused"
    assert case["answers"][-1]["verdict"] == "rejected"
    assert case["answers"][-1]["code"] == "DROITS_NON_OUVERTS"
    assert case["received"] == NOTHING


def test_a_confirmation_of_processing_is_an_answer_and_no_decision(report: Json) -> None:
    case = case_of(report, "06-documents-requested")
    assert verdicts(case) == ["received", "in-progress", "documents-requested", "accepted"]


def test_a_silent_cpam_is_alerted_at_the_end_of_the_third_working_day(report: Json) -> None:
    alerts = case_of(report, "07-cpam-silent")["alerts"]
    assert [alert["kind"] for alert in alerts] == ["acknowledgement-overdue"]
    # Deposited on Tuesday 3 March: Friday 6 ends at 23:00 UTC. The answer comes on the 10th.
    assert alerts[0]["opened_at"] == "2026-03-06T23:00:00Z"
    assert alerts[0]["resolved_at"] == "2026-03-10T08:00:00Z"
    assert alerts[0]["mails"] == 2


def test_only_what_is_missing_is_alerted(report: Json) -> None:
    alerted = {case["scenario"] for case in report["cases"] if case["alerts"]}
    assert alerted == {"07-cpam-silent", "08-paid-too-little", "09-early-return"}


def test_an_unpaid_gap_stays_alerted_and_a_reversed_payment_ends_it(report: Json) -> None:
    short = case_of(report, "08-paid-too-little")["alerts"]
    assert [(a["kind"], a["resolved_at"], a["mails"]) for a in short] == [("payment-gap", None, 1)]
    early = case_of(report, "09-early-return")["alerts"]
    assert [(a["kind"], a["mails"]) for a in early] == [("payment-gap", 2)]
    assert early[0]["resolved_at"] == "2026-04-07T04:00:00Z"


def test_a_cancelled_declaration_expects_nothing_any_more(report: Json) -> None:
    case = case_of(report, "10-cancelled")
    assert case["state"] == "cancelled"
    assert case["expected"] == NOTHING
    assert case["alerts"] == []


def test_what_cannot_be_computed_is_unknown_and_not_zero(report: Json) -> None:
    case = case_of(report, "13-without-pay-history")
    assert case["expected"] is None
    assert case["gap"] is None
    assert case["received"]["net"] == "641.53"


def test_each_refusal_names_field_and_code(report: Json) -> None:
    assert report["refused"] == [
        {
            "scenario": "12-bad-nir",
            "status": 422,
            "errors": [{"field": "employee.nir", "code": "nir-key"}],
        },
        {
            "scenario": "12-end-before-start",
            "status": 422,
            "errors": [{"field": "period.last", "code": "period-ends-before-start"}],
        },
        {
            "scenario": "12-wrong-regime",
            "status": 422,
            "errors": [{"field": "regime", "code": "regime-not-covered"}],
        },
    ]


def test_the_insurer_sees_a_case_from_declaration_to_settlement(report: Json) -> None:
    seen = types(case_of(report, "01-paid-in-full"))
    assert seen[0] == "declaration.submitted"
    assert seen[-1] == "case.settled"
    assert "statement.received" in seen


def test_the_feed_of_all_cases_has_no_hole_and_no_repeat(report: Json) -> None:
    positions = sorted(entry["position"] for case in report["cases"] for entry in case["feed"])
    assert positions == list(range(1, len(positions) + 1))


def test_the_cpam_was_told_everything_once(ledger: Json) -> None:
    assert ledger["doubles"] == []
    assert {filing["count"] for filing in ledger["filings"]} == {1}
    # Twelve arrêts, one prolongation, one return to work, one cancellation.
    assert len(ledger["filings"]) == 15
