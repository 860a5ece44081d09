"""What operators and HRIS read: cases, the calculation line by line, the timeline, loose money."""

from datetime import UTC, date, datetime

import pytest
from contracts import ids
from contracts.identifiers import Siret

KERBRAT, DELORME, OPERATOR = "sirh-kerbrat", "sirh-delorme", "exploitation"


@pytest.fixture
async def case_a(matcher, arret, slip, paid):
    found = arret()
    await matcher.hear(await found.declared(), stream=found.declaration_id)
    await matcher.hear(found.prepared(), stream=found.submission())
    await matcher.hear(found.acknowledged(), stream=found.submission())
    accepted = found.answered("accepted", datetime(2026, 3, 3, 9, tzinfo=UTC))
    await matcher.hear(accepted, stream=found.submission())
    paid_in_full = slip(found, "1", paid("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55"))
    matcher.clock.move_to(datetime(2026, 3, 27, 9, tzinfo=UTC))
    await matcher.hear(paid_in_full, stream=paid_in_full.statement_id)
    return found


async def test_a_case_is_found_by_its_declaration(ask, case_a):
    found = (await ask(KERBRAT, "/v1/cases", declaration_id=str(case_a.declaration_id))).json()
    (item,) = found["items"]
    assert found["next"] is None
    assert item["state"] == "settled"
    assert item["expected"] == {
        "gross": "710.10",
        "csg": "44.03",
        "crds": "3.55",
        "net": "662.52",
    }
    assert item["received"] == item["expected"]
    assert item["gap"] == "0.00"


async def test_the_calculation_is_shown_line_by_line_with_its_sources(ask, case_a):
    path = f"/v1/cases/{ids.case_id(case_a.declaration_id)}"
    case = (await ask(OPERATOR, path)).json()
    (line,) = case["calculation"]["lines"]
    assert (line["first"], line["last"], line["days"]) == ("2026-03-05", "2026-03-22", 18)
    assert (line["daily"], line["gross"], line["rule"]) == ("39.45", "710.10", "maladie")
    smic = next(rule for rule in line["parameters"] if rule["name"] == "smic-hourly")
    assert (smic["value"], smic["since"]) == ("12.02", "2026-01-01")
    assert smic["source"]
    assert [rule["name"] for rule in case["calculation"]["retenues"]] == ["csg", "crds"]
    assert [each["state"] for each in case["deadlines"]] == ["met", "met", "met"]
    assert case["declared"]["period"] == {"first": "2026-03-02", "last": "2026-03-22"}


async def test_the_timeline_tells_facts_and_what_they_changed(ask, case_a):
    path = f"/v1/cases/{ids.case_id(case_a.declaration_id)}/timeline"
    items = (await ask(KERBRAT, path)).json()["items"]
    assert [item["entry"] for item in items] == [
        "declared",
        "prepared",
        "answered",
        "expected",
        "state",
        "state",
        "state",
        "answered",
        "statement",
        "state",
    ]
    statement = next(item["statement"] for item in items if item["entry"] == "statement")
    assert [line["nature"] for line in statement["lines"]] == ["IJNOR", "RETCSJ", "RETCRD"]
    assert statement["tied"]["net"] == "662.52"


async def test_another_tenants_case_is_not_found(ask, case_a):
    path = f"/v1/cases/{ids.case_id(case_a.declaration_id)}"
    for foreign in (path, f"{path}/timeline"):
        refused = await ask(DELORME, foreign)
        assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
    assert (await ask(DELORME, "/v1/cases")).json()["items"] == []
    assert (await ask("prevoyance-aurore", path)).status_code == 403


async def test_no_wage_and_no_person_stands_in_an_answer(ask, case_a):
    path = f"/v1/cases/{ids.case_id(case_a.declaration_id)}"
    for address in (path, f"{path}/timeline", "/v1/cases"):
        text = (await ask(OPERATOR, address)).text
        assert "2400" not in text
        assert case_a.person_ref not in text


async def test_pages_follow_each_other(ask, matcher, arret):
    for _ in range(5):
        each = arret()
        await matcher.hear(await each.declared(), stream=each.declaration_id)
    seen, cursor = [], {}
    for _ in range(3):
        page = (await ask(OPERATOR, "/v1/cases", limit=2, **cursor)).json()
        seen += [item["case_id"] for item in page["items"]]
        cursor = {"cursor": page["next"]}
    assert len(set(seen)) == 5
    assert page["next"] is None


@pytest.mark.parametrize("cursor", ["x", "e", "bm9wZQ==", "MjAyNi0wMy0wMiB4"])
@pytest.mark.parametrize("path", ["/v1/cases", "/v1/unmatched"])
async def test_a_cursor_that_is_not_ours_is_refused(ask, cursor, path):
    refused = await ask(OPERATOR, path, cursor=cursor)
    assert (refused.status_code, refused.json()["code"]) == (400, "cursor")


async def test_money_without_a_case_is_shown_with_its_cause(ask, matcher, arret, slip, paid):
    lines = [
        *paid("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55"),
        ("RPR", None, None, "-1"),
    ]
    loose = slip(arret(), "1", lines, accounting_day=date(2026, 3, 25))
    await matcher.hear(loose, stream=loose.statement_id)
    first = (await ask(KERBRAT, "/v1/unmatched", limit=1)).json()
    second = (await ask(KERBRAT, "/v1/unmatched", limit=1, cursor=first["next"])).json()
    items = first["items"] + second["items"]
    assert [(item["status"], item["cause"]) for item in items] == [
        ("unmatched", "no-case"),
        ("review", "indu-line"),
    ]
    assert items[0]["title"]["fr"].startswith("Aucun arrêt")
    assert second["next"] is None
    assert (await ask(DELORME, "/v1/unmatched")).json()["items"] == []


async def test_a_case_known_only_by_an_echo_is_shown_as_announced(ask, matcher, arret):
    early = arret()
    await matcher.hear(early.acknowledged(), stream=early.submission())
    path = f"/v1/cases/{ids.case_id(early.declaration_id)}"
    case = (await ask(OPERATOR, path)).json()
    assert (case["state"], case["expected"], case["siret"]) == ("announced", None, None)
    assert (case["declared"], case["calculation"]) == (None, None)


async def test_statements_of_another_establishment_stay_apart(ask, matcher, arret, slip, paid):
    case = arret()
    await matcher.hear(await case.declared(), stream=case.declaration_id)
    lines = paid("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55")
    other = slip(case, "1", lines).model_copy(update={"siret": Siret.parse("99945600700015")})
    await matcher.hear(other, stream=other.statement_id)
    (item,) = (await ask(OPERATOR, "/v1/unmatched")).json()["items"]
    assert item["cause"] == "no-case"
