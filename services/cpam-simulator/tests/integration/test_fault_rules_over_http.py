"""Which calls a rule hits: by number, account, count, chance, and by script."""

from typing import Any

import pytest


async def statuses(partner: Any, calls: int, *numbers: str) -> list[int]:
    found = []
    for nth in range(calls):
        number = numbers[nth % len(numbers)] if numbers else f"JON26030200{nth}"
        found.append((await partner.post_deposit(partner.declaration(number))).status_code)
    return found


async def test_a_rule_hits_once_unless_told_otherwise(partner: Any) -> None:
    await partner.fault("html-502")
    assert await statuses(partner, 3) == [502, 200, 200]


async def test_a_rule_may_skip_calls_and_then_hit_some(partner: Any) -> None:
    await partner.fault("html-502", skip=1, calls=2)
    assert await statuses(partner, 4) == [200, 502, 502, 200]


async def test_a_rule_may_hit_for_ever_until_cleared(partner: Any) -> None:
    await partner.fault("html-502", calls=None)
    assert await statuses(partner, 3) == [502, 502, 502]
    assert (await partner.http.delete(f"{partner.url}/control/faults")).status_code == 204
    assert await statuses(partner, 1) == [200]


async def test_a_rule_for_one_number_leaves_others_alone(partner: Any) -> None:
    await partner.fault("html-502", control_number="JON260302009")
    assert await statuses(partner, 2, "JON260302001", "JON260302009") == [200, 502]


async def test_a_rule_for_one_account_leaves_others_alone(partner: Any) -> None:
    await partner.fault("html-502", account="AUTRE", calls=None)
    assert await statuses(partner, 1) == [200]


async def test_a_percentage_draws_the_same_calls_for_the_same_seed(partner: Any) -> None:
    drawn = []
    for _ in range(2):
        await partner.control("reset", {})
        await partner.fault("html-502", calls=None, percent=40, seed=7)
        drawn.append(await statuses(partner, 20, "JON260302001"))
    assert drawn[0] == drawn[1]
    assert 2 <= drawn[0].count(502) <= 14


async def test_a_script_hits_only_the_nth_filing_of_its_arret(partner: Any) -> None:
    technical = {"kind": "html-502", "revision": 2, "commit": True}
    await partner.control("scripts", [partner.script(technical=technical)])
    assert await statuses(partner, 1, "JON260302001") == [200]
    other = partner.declaration("JON260302005", nir="2920459350118")
    assert (await partner.post_deposit(other)).status_code == 200
    second = partner.declaration(
        "JON260309001", nature="RECTIFICATION", numeroControleOrigine="JON260302001"
    )
    assert (await partner.post_deposit(second)).status_code == 502
    assert (await partner.post_deposit(second)).status_code == 200


async def test_rules_tell_what_they_have_seen_and_hit(partner: Any) -> None:
    await partner.fault("html-502", skip=1)
    await statuses(partner, 3)
    (rule,) = (await partner.http.get(f"{partner.url}/control/faults")).json()
    assert (rule["kind"], rule["seen"], rule["hits"]) == ("html-502", 2, 1)


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "earthquake"},
        {"kind": "reordered", "operation": "ConsulterStatut"},
        {"kind": "html-502", "percent": 0},
        {"kind": "html-502", "surprise": 1},
    ],
)
async def test_a_rule_that_means_nothing_is_refused(partner: Any, rule: dict[str, Any]) -> None:
    answer = await partner.http.post(f"{partner.url}/control/faults", json=rule)
    assert answer.status_code == 422
