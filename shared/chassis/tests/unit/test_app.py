"""Errors people can act on: coded, in their language, with the field and the fix, without the
value.
"""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import httpx
import pytest
from chassis.app import BODY_SECONDS, MAX_BODY_BYTES, create_app
from chassis.errors import Refused, Unavailable
from chassis.problems import Catalogue, language_of
from contracts.identifiers import Nir
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, ConfigDict


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    nir: Nir
    day: dt.date


def app_of(*, body_seconds: float = BODY_SECONDS, **readiness: str | None) -> FastAPI:
    router = APIRouter()

    @router.post("/forms")
    async def forms(form: Form) -> None: ...

    @router.get("/busy")
    async def busy() -> None:
        raise Unavailable("caisse closed", dt.timedelta(seconds=7))

    @router.get("/refused")
    async def refused() -> None:
        raise Refused("siret-key", field="employer.siret")

    @router.get("/bug")
    async def bug() -> None:
        raise RuntimeError("2840775123456")

    def check(reason: str | None):  # type: ignore[no-untyped-def]
        async def answer() -> str | None:
            return reason

        return answer

    return create_app(
        "matcher",
        production=False,
        routers=[router],
        problems=Catalogue.load(),
        readiness={name: check(reason) for name, reason in readiness.items()},
        body_seconds=body_seconds,
    )


def client(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://matcher")


async def test_every_wrong_field_is_named_with_code_and_fix_and_without_its_value() -> None:
    body = {"nir": "284077512345699", "day": "02/03/2026", "colour": "red"}
    async with client(app_of()) as http:
        answer = await http.post("/forms", json=body, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    errors = {error["field"]: error["code"] for error in answer.json()["errors"]}
    assert errors == {"nir": "nir-key", "day": "date-format", "colour": "field-unknown"}
    assert all(error["fix"] for error in answer.json()["errors"])
    assert "284077512345699" not in answer.text
    assert "02/03/2026" not in answer.text


async def test_french_comes_first_and_english_when_asked() -> None:
    async with client(app_of()) as http:
        french = await http.get("/refused")
        english = await http.get("/refused", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert french.headers["content-language"] == "fr"
    assert french.json()["errors"][0]["message"] == "SIRET incohérent"
    assert english.json()["errors"][0]["message"] == "Inconsistent SIRET"
    assert language_of("de, en;q=0.5, fr;q=0.8") == "fr"


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"text"', b"\xff\xfe", b""])
async def test_what_is_no_json_object_is_refused_with_a_code(body: bytes) -> None:
    async with client(app_of()) as http:
        answer = await http.post(
            "/forms", content=body, headers={"Content-Type": "application/json"}
        )
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("not-json", "invalid")


async def test_a_body_over_the_limit_is_refused_before_it_is_read() -> None:
    async with client(app_of()) as http:
        announced = await http.post("/forms", content=b" " * (MAX_BODY_BYTES + 1))

        async def pieces():  # type: ignore[no-untyped-def]
            for _ in range(MAX_BODY_BYTES // 1024 + 1):
                yield b" " * 1024

        streamed = await http.post("/forms", content=pieces())
    assert (announced.status_code, announced.json()["code"]) == (413, "body-too-large")
    assert (streamed.status_code, streamed.json()["code"]) == (413, "body-too-large")


async def test_a_body_that_does_not_end_is_given_up_with_a_code() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with client(app_of(body_seconds=0.1)) as http:
        answer = await http.post("/forms", content=pieces())
    assert (answer.status_code, answer.json()["code"]) == (408, "body-too-slow")


async def test_unavailable_says_when_to_come_back() -> None:
    async with client(app_of()) as http:
        answer = await http.get("/busy")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


async def test_a_bug_answers_without_a_word_of_its_content() -> None:
    async with client(app_of()) as http:
        answer = await http.get("/bug")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "2840775123456" not in answer.text


async def test_ready_names_what_is_missing_while_health_says_alive() -> None:
    async with client(app_of(database=None, consumer="another log")) as http:
        ready, health = await http.get("/ready"), await http.get("/health")
    assert (ready.status_code, ready.json()["reasons"]) == (503, {"consumer": "another log"})
    assert health.status_code == 200


async def test_unknown_addresses_and_methods_are_problems_too() -> None:
    async with client(app_of()) as http:
        missing, method = await http.get("/nowhere"), await http.delete("/forms")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert (method.status_code, method.json()["code"]) == (405, "method-not-allowed")


async def test_the_callers_trace_goes_on_and_a_forged_one_does_not() -> None:
    async with client(app_of()) as http:
        answer = await http.get("/health", headers={"traceparent": "00-x"})
    assert answer.headers["x-request-id"]
