"""The story's files: people whose numbers hold, scripts and figures that agree."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from contracts.identifiers import Iban, Nir, Siret
from local_platform.story import Story, read_stories

STORIES = read_stories()


def declared(story: Story) -> dict[str, Any]:
    return story.requests[0].body


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_people_and_accounts_have_valid_check_digits(story: Story) -> None:
    body = declared(story)
    Siret.parse(body["employer"]["siret"])
    if story.name != "12-bad-nir":
        Nir.parse(body["employee"]["nir"])
    if "subrogation" in body:
        Iban.parse(body["subrogation"]["iban"])


@pytest.mark.parametrize("story", [s for s in STORIES if s.cpam], ids=lambda story: story.name)
def test_scripts_are_about_the_declared_arret(story: Story) -> None:
    body, match = declared(story), (story.cpam or {})["match"]
    assert match["siret"] == body["employer"]["siret"]
    assert match["nir"] == body["employee"]["nir"][:13]
    assert match["first_day"] == body["period"]["first"]


@pytest.mark.parametrize("story", [s for s in STORIES if s.cpam], ids=lambda story: story.name)
def test_slips_withhold_csg_and_crds_on_each_gross_line(story: Story) -> None:
    for slip in (story.cpam or {})["slips"]:
        lines = slip["lines"]
        for gross, csg, crds in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
            assert Decimal(gross["amount"]) == Decimal(gross["unit"]) * gross["days"]
            assert [csg["nature"], crds["nature"]] == ["RETCSJ", "RETCRD"]
            assert Decimal(csg["amount"]) == -share(gross, "0.062")
            assert Decimal(crds["amount"]) == -share(gross, "0.005")


def share(line: dict[str, Any], rate: str) -> Decimal:
    exact = Decimal(line["amount"]) * Decimal(rate)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_pay_covers_twelve_months_where_it_is_told() -> None:
    for story in STORIES:
        if pay := declared(story).get("pay"):
            assert len(pay["months"]) == 12, story.name
