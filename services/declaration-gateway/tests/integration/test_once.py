"""The same request is applied once, however often and however parallel it is sent."""

import asyncio
import copy
from collections.abc import Callable
from typing import Any

import httpx
from chassis.db import Database
from sqlalchemy import text

Key = Callable[[], dict[str, str]]
URL = "/v1/declarations"


async def counts(db: Database) -> tuple[int, int, int]:
    async with db.begin() as tx:
        row = (
            await tx.execute(
                text(
                    "select (select count(*) from declaration), (select count(*) from revision),"
                    " (select count(*) from outbox)"
                )
            )
        ).one()
    return (row[0], row[1], row[2])


async def test_the_same_key_and_content_get_the_same_answer(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], gateway_db: Database
) -> None:
    header = key()
    first = await http.post(URL, json=maladie, headers=header)
    reordered = dict(reversed(maladie.items()))
    reordered["employee"] = maladie["employee"] | {"nir": "2 85 05 29 123 457"}
    again = await http.post(URL, json=reordered, headers=header)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.content == again.content
    assert await counts(gateway_db) == (1, 1, 1)


async def test_the_same_key_with_other_content_is_refused(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], gateway_db: Database
) -> None:
    header = key()
    await http.post(URL, json=maladie, headers=header)
    maladie["pay"]["months"][0]["gross"] = "2400.01"
    again = await http.post(URL, json=maladie, headers=header)
    assert (again.status_code, again.json()["code"]) == (422, "idempotency-key-reused")
    assert await counts(gateway_db) == (1, 1, 1)


async def test_a_refused_request_leaves_its_key_free(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any]
) -> None:
    header = key()
    wrong = copy.deepcopy(maladie)
    wrong["regime"] = "agricole"
    assert (await http.post(URL, json=wrong, headers=header)).status_code == 422
    assert (await http.post(URL, json=maladie, headers=header)).status_code == 202


async def test_a_new_key_with_the_same_content_finds_the_declaration(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], gateway_db: Database
) -> None:
    first = (await http.post(URL, json=maladie, headers=key())).json()
    header = key()
    again = await http.post(URL, json=maladie, headers=header)
    assert again.status_code == 200
    assert again.json()["duplicate"] is True
    assert again.json()["declaration_id"] == first["declaration_id"]
    assert again.headers["content-location"] == first["links"]["self"]
    repeated = await http.post(URL, json=maladie, headers=header)
    assert (repeated.status_code, repeated.content) == (200, again.content)
    assert await counts(gateway_db) == (1, 1, 1)


async def test_other_overlapping_days_are_refused_naming_the_declaration(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], gateway_db: Database
) -> None:
    first = (await http.post(URL, json=maladie, headers=key())).json()
    # The usual slip: the last worked day taken for the first day of the arrêt.
    maladie["period"]["first"] = "2026-03-01"
    header = key()
    again = await http.post(URL, json=maladie, headers=header)
    assert (again.status_code, again.json()["code"]) == (409, "declaration-overlaps")
    assert first["declaration_id"] in again.json()["detail"]
    assert await counts(gateway_db) == (1, 1, 1)
    # Nothing was kept under that key.
    maladie["period"] = {"first": "2026-03-22", "last": "2026-03-29"}
    maladie["subrogation"]["first"] = "2026-03-22"
    assert (await http.post(URL, json=maladie, headers=header)).status_code == 202


async def test_another_contract_or_risk_is_another_arret(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any]
) -> None:
    other = copy.deepcopy(maladie) | {"contract": "00002"}
    accident = copy.deepcopy(maladie) | {"risk": "accident-travail", "accident_day": "2026-02-27"}
    for body in (maladie, other, accident):
        assert (await http.post(URL, json=body, headers=key())).status_code == 202


async def test_after_a_cancellation_the_arret_may_be_declared_again(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any]
) -> None:
    first = (await http.post(URL, json=maladie, headers=key())).json()
    gone = await http.post(
        f"{first['links']['self']}/revisions", json={"change": "cancellation"}, headers=key()
    )
    assert gone.status_code == 202
    again = await http.post(URL, json=maladie, headers=key())
    assert again.status_code == 202
    assert again.json()["declaration_id"] != first["declaration_id"]


async def test_keys_of_two_tenants_do_not_meet(
    http: httpx.AsyncClient, other_http: httpx.AsyncClient, key: Key, maladie: dict[str, Any]
) -> None:
    header = key()
    assert (await http.post(URL, json=maladie, headers=header)).status_code == 202
    maladie["employer"]["siret"] = "99945600700015"
    assert (await other_http.post(URL, json=maladie, headers=header)).status_code == 202


async def test_fifty_equal_requests_at_once_have_one_effect(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], gateway_db: Database
) -> None:
    header = key()
    answers = await asyncio.gather(
        *(http.post(URL, json=maladie, headers=header) for _ in range(50))
    )
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {202, 409}
    assert 202 in statuses
    assert len({answer.content for answer in answers if answer.status_code == 202}) == 1
    assert all("retry-after" in each.headers for each in answers if each.status_code == 409)
    assert await counts(gateway_db) == (1, 1, 1)


async def test_fifty_equal_declarations_under_as_many_keys_are_one_arret(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], gateway_db: Database
) -> None:
    answers = await asyncio.gather(
        *(http.post(URL, json=maladie, headers=key()) for _ in range(50))
    )
    told = [answer for answer in answers if answer.status_code in (200, 202)]
    assert {answer.status_code for answer in answers} <= {200, 202, 409}
    assert [answer.status_code for answer in told].count(202) == 1
    assert len({answer.json()["declaration_id"] for answer in told}) == 1
    assert await counts(gateway_db) == (1, 1, 1)


async def test_a_key_that_is_being_worked_on_is_answered_soon_with_when_to_come_back(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], gateway_db: Database
) -> None:
    header = key()
    await http.post(URL, json=maladie, headers=header)
    async with gateway_db.begin() as tx:
        known = (await tx.execute(text("select tenant, key from idempotency"))).one()
        for table in ("revision", "declaration", "idempotency"):
            await tx.execute(text(f"delete from {table}"))
    async with gateway_db.begin() as tx:
        insert = "insert into idempotency values (:tenant, :key, '', '')"
        await tx.execute(text(insert), {"tenant": known.tenant, "key": known.key})
        answer = await http.post(URL, json=maladie, headers=header)
        assert (answer.status_code, answer.json()["code"]) == (409, "request-in-progress")
        assert answer.headers["retry-after"] == "1"
    assert answer.elapsed.total_seconds() < 5


async def test_no_one_can_test_guesses_of_a_nir_against_the_tables(
    http: httpx.AsyncClient, maladie: dict[str, Any], gateway_db: Database
) -> None:
    await http.post(URL, json=maladie, headers={"Idempotency-Key": maladie["employee"]["nir"]})
    secrets = ["2850529123457", "GOFF", "Maëlle", "1985-05-17", "FR7630006000011234567890189"]
    async with gateway_db.begin() as tx:
        for table in ("idempotency", "declaration", "revision", "outbox"):
            for row in (await tx.execute(text(f"select t::text from {table} t"))).scalars():
                assert not [secret for secret in secrets if secret in row], table
        for data in (await tx.execute(text("select data from outbox"))).scalars():
            assert not [secret for secret in secrets if secret in data.decode()]
