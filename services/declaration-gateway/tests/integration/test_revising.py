import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from chassis.db import Database
from chassis.sealing import Sealer
from contracts.events import BY_TYPE, Declaration
from sqlalchemy import text

Key = Callable[[], dict[str, str]]
Declare = Callable[[], Awaitable[str]]
URL = "/v1/declarations"


@pytest.fixture
def declare(http: httpx.AsyncClient, key: Key, maladie: dict[str, Any]) -> Declare:
    async def declared() -> str:
        answer = await http.post(URL, json=maladie, headers=key())
        assert answer.status_code == 202, answer.text
        return str(answer.json()["links"]["self"])

    return declared


@pytest.fixture
def revise(http: httpx.AsyncClient, key: Key) -> Callable[..., Awaitable[httpx.Response]]:
    async def revised(where: str, **said: Any) -> httpx.Response:
        return await http.post(f"{where}/revisions", json=said, headers=key())

    return revised


Revise = Callable[..., Awaitable[httpx.Response]]


async def events(db: Database) -> list[Declaration]:
    async with db.begin() as tx:
        rows = (await tx.execute(text("select type, data from outbox order by id"))).all()
    read = [BY_TYPE[row.type].model_validate_json(row.data) for row in rows]
    return [event for event in read if isinstance(event, Declaration)]


async def test_a_prolongation_moves_the_end_and_goes_out_whole(
    declare: Declare, revise: Revise, http: httpx.AsyncClient, gateway_db: Database, sealer: Sealer
) -> None:
    where = await declare()
    answer = await revise(
        where, change="prolongation", last="2026-04-04", subrogation_last="2026-06-30"
    )
    assert answer.status_code == 202, answer.text
    assert (answer.json()["revision"], answer.json()["status"]) == (2, "declared")
    first, second = await events(gateway_db)
    assert second.type == "fr.jonction.declaration.prolonged"
    assert (second.revision, second.change) == (2, "prolongation")
    assert str(second.period.last) == "2026-04-04"
    assert second.subrogation is not None
    assert str(second.subrogation.last) == "2026-06-30"
    assert (second.person, second.pay, second.bank) == (first.person, first.pay, first.bank)
    person = await sealer.open(
        second.person,
        tenant="menuiserie-kerbrat",
        topic="declarations.v1",
        stream=second.declaration_id,
        field="person",
    )
    assert '"2850529123457"' in person
    read = (await http.get(where)).json()
    assert (read["revision"], read["period"]["last"]) == (2, "2026-04-04")


async def test_a_correction_moves_only_what_it_names(
    declare: Declare, revise: Revise, gateway_db: Database, sealer: Sealer
) -> None:
    where = await declare()
    pay = {"months": [{"month": "2026-02", "gross": "2500.00"}]}
    answer = await revise(where, change="correction", last_worked_day="2026-02-28", pay=pay)
    assert answer.status_code == 202, answer.text
    first, second = await events(gateway_db)
    assert str(second.last_worked_day) == "2026-02-28"
    assert second.period == first.period
    assert second.bank == first.bank
    assert second.pay not in (None, first.pay)
    opened = await sealer.open(
        str(second.pay),
        tenant="menuiserie-kerbrat",
        topic="declarations.v1",
        stream=second.declaration_id,
        field="pay",
    )
    assert '"2500.00"' in opened


async def test_a_correction_may_take_the_subrogation_away(
    declare: Declare, revise: Revise, gateway_db: Database
) -> None:
    answer = await revise(await declare(), change="correction", subrogation=None)
    assert answer.status_code == 202
    _, second = await events(gateway_db)
    assert second.subrogation is None
    assert second.bank is None
    assert second.pay is not None


async def test_a_return_ends_the_arret_on_the_day_before(
    declare: Declare, revise: Revise, gateway_db: Database
) -> None:
    answer = await revise(await declare(), change="return-to-work", returned_on="2026-03-16")
    assert answer.json()["status"] == "returned"
    _, second = await events(gateway_db)
    assert second.type == "fr.jonction.declaration.return-declared"
    assert (str(second.period.last), str(second.returned_on)) == ("2026-03-15", "2026-03-16")


async def test_a_cancelled_declaration_changes_no_more(declare: Declare, revise: Revise) -> None:
    where = await declare()
    gone = await revise(where, change="cancellation", reason="saisie par erreur")
    assert gone.json()["status"] == "cancelled"
    for said in (
        {"change": "prolongation", "last": "2026-04-04"},
        {"change": "correction", "last_worked_day": "2026-02-28"},
        {"change": "return-to-work", "returned_on": "2026-03-16"},
        {"change": "cancellation"},
    ):
        answer = await revise(where, **said)
        assert (answer.status_code, answer.json()["code"]) == (409, "declaration-cancelled")


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        (
            {"change": "prolongation", "first": "2026-03-23", "last": "2026-04-04"},
            "first",
            "prolongation-gap",
        ),
        (
            {"change": "prolongation", "first": "2026-03-02", "last": "2026-04-04"},
            "first",
            "prolongation-before-start",
        ),
        ({"change": "prolongation", "last": "2026-03-21"}, "last", "prolongation-not-later"),
        (
            {"change": "prolongation", "last": "2026-04-04", "subrogation_last": "2026-03-01"},
            "subrogation.last",
            "subrogation-ends-before-start",
        ),
        ({"change": "prolongation"}, "last", "field-missing"),
        ({"change": "correction"}, "", "correction-empty"),
        (
            {"change": "correction", "period": {"first": "2026-03-09", "last": "2026-03-02"}},
            "period.last",
            "period-ends-before-start",
        ),
        (
            {"change": "correction", "accident_day": "2026-03-01"},
            "accident_day",
            "accident-day-refused",
        ),
        ({"change": "correction", "employer": {}}, "employer", "field-unknown"),
        (
            {"change": "return-to-work", "returned_on": "2026-03-02"},
            "returned_on",
            "return-before-start",
        ),
        (
            {"change": "return-to-work", "returned_on": "2026-03-23"},
            "returned_on",
            "return-after-end",
        ),
        ({"change": "cancellation", "reason": "a\nb"}, "reason", "name-characters"),
        ({"change": "initial"}, "change", "change-unknown"),
        ({"change": ["prolongation"]}, "change", "change-unknown"),
        ({}, "change", "field-missing"),
    ],
)
async def test_a_change_that_cannot_be_is_refused_with_its_reason(
    declare: Declare, revise: Revise, said: dict[str, Any], field: str, code: str
) -> None:
    answer = await revise(await declare(), **said)
    assert answer.status_code == 422, answer.text
    body = answer.json()
    codes = [(error["field"], error["code"]) for error in body["errors"]]
    assert (field, code) in codes or (field == "" and body["code"] == code)


async def test_a_prolongation_into_the_next_arret_is_refused_naming_it(
    declare: Declare, revise: Revise, http: httpx.AsyncClient, key: Key, maladie: dict[str, Any]
) -> None:
    where = await declare()
    maladie["period"] = {"first": "2026-03-30", "last": "2026-04-10"}
    maladie["subrogation"]["first"] = "2026-03-30"
    following = (await http.post(URL, json=maladie, headers=key())).json()["declaration_id"]
    answer = await revise(where, change="prolongation", last="2026-03-31")
    assert (answer.status_code, answer.json()["code"]) == (409, "declaration-overlaps")
    assert following in answer.json()["detail"]
    assert (await http.get(where)).json()["revision"] == 1


async def test_the_same_key_moves_a_declaration_once(
    declare: Declare, http: httpx.AsyncClient, key: Key, gateway_db: Database
) -> None:
    where, header = await declare(), key()
    said = {"change": "prolongation", "last": "2026-04-04"}
    answers = await asyncio.gather(
        *(http.post(f"{where}/revisions", json=said, headers=header) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert len({answer.content for answer in answers if answer.status_code == 202}) == 1
    assert len(await events(gateway_db)) == 2
    other = await http.post(
        f"{where}/revisions", json=said | {"last": "2026-04-05"}, headers=header
    )
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_changes_at_once_come_one_after_the_other_without_a_hole(
    declare: Declare, revise: Revise, gateway_db: Database
) -> None:
    where = await declare()
    days = [f"2026-02-{day}" for day in range(10, 20)]
    answers = await asyncio.gather(
        *(revise(where, change="correction", last_worked_day=day) for day in days)
    )
    taken = [answer.json()["revision"] for answer in answers if answer.status_code == 202]
    assert sorted(taken) == list(range(2, 2 + len(taken)))
    assert [event.revision for event in await events(gateway_db)] == list(range(1, 2 + len(taken)))


async def test_if_match_refuses_a_change_of_what_has_moved_on(
    declare: Declare, revise: Revise, http: httpx.AsyncClient, key: Key
) -> None:
    where = await declare()
    await revise(where, change="prolongation", last="2026-04-04")
    said = {"change": "prolongation", "last": "2026-04-10"}
    stale = await http.post(f"{where}/revisions", json=said, headers=key() | {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "revision-changed")
    fresh = await http.post(f"{where}/revisions", json=said, headers=key() | {"If-Match": '"2"'})
    assert (fresh.status_code, fresh.headers["etag"]) == (202, '"3"')
    odd = await http.post(f"{where}/revisions", json=said, headers=key() | {"If-Match": "2"})
    assert (odd.status_code, odd.json()["code"]) == (400, "if-match-format")


async def test_a_correction_of_the_name_keeps_the_person(
    declare: Declare,
    revise: Revise,
    gateway_db: Database,
    sealer: Sealer,
    maladie: dict[str, Any],
) -> None:
    where = await declare()
    employee = maladie["employee"] | {"family_name": "LE GOFFIC"}
    assert (await revise(where, change="correction", employee=employee)).status_code == 202
    first, second = await events(gateway_db)
    assert (second.person_ref, second.pay) == (first.person_ref, first.pay)
    person = await sealer.open(
        second.person,
        tenant="menuiserie-kerbrat",
        topic="declarations.v1",
        stream=second.declaration_id,
        field="person",
    )
    assert "LE GOFFIC" in person
    other = employee | {"nir": "1850529123457"}
    answer = await revise(where, change="correction", employee=other)
    assert (answer.status_code, answer.json()["code"]) == (422, "employee-other-person")
