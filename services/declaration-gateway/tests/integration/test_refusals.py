import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

Key = Callable[[], dict[str, str]]
URL = "/v1/declarations"
NO_ERROR: set[tuple[str, str]] = set()


def found(answer: httpx.Response) -> set[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *parents, last = path.split(".")
    place: Any = body
    for parent in parents:
        place = place[int(parent)] if parent.isdigit() else place[parent]
    place[int(last) if last.isdigit() and isinstance(place, list) else last] = value
    return body


async def test_all_faults_are_told_at_once_each_by_field_and_code(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any]
) -> None:
    maladie["employee"]["nir"] = "285052912345799"
    maladie["regime"] = "agricole"
    maladie["period"] = {"first": "2026-03-21", "last": "2026-03-02"}
    maladie["subrogation"]["iban"] = "FR7630006000011234567890188"
    maladie["pay"]["months"][1]["gross"] = 2400.5
    answer = await http.post(URL, json=maladie, headers=key())
    assert found(answer) == {
        ("employee.nir", "nir-key"),
        ("regime", "regime-not-covered"),
        ("period.last", "period-ends-before-start"),
        ("subrogation.iban", "iban-key"),
        ("subrogation.first", "subrogation-before-start"),
        ("pay.months.1.gross", "amount-as-text"),
    }


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("employer.siret", "99912300300018", {("employer.siret", "siret-key")}),
        ("employer.siret", "99945600700015", {("employer.siret", "siret-not-yours")}),
        ("employee.nir", 2850529123457, {("employee.nir", "text-expected")}),
        ("employee.nir", "28505291234", {("employee.nir", "nir-format")}),
        ("employee", "Maëlle", {("employee", "object-expected")}),
        ("employee", None, {("employee", "object-expected")}),
        ("risk", "maternite", {("risk", "risk-unknown")}),
        ("risk", ["maladie"], {("risk", "risk-unknown")}),
        ("risk", "accident-travail", {("accident_day", "accident-day-missing")}),
        ("accident_day", "2026-03-01", {("accident_day", "accident-day-refused")}),
        ("last_worked_day", "2026-03-03", {("last_worked_day", "last-worked-day-after-start")}),
        ("period.first", 0, {("period.first", "text-expected")}),
        ("period.first", "2026-02-30", {("period.first", "date-unknown")}),
        ("tenant", "transports-delorme", {("tenant", "field-unknown")}),
        ("revision", 7, {("revision", "field-unknown")}),
        ("employee.status", "x", {("employee.status", "field-unknown")}),
        (
            "subrogation",
            {"first": "2026-03-02", "last": "2026-03-09"},
            {("subrogation.iban", "field-missing")},
        ),
        ("pay.months", {}, {("pay.months", "list-expected")}),
        (
            "pay.months",
            [{"month": "2026-01", "gross": "1"}] * 25,
            {("pay.months", "list-too-long")},
        ),
        ("pay.months.0", 7, {("pay.months.0", "field-invalid")}),
        (
            "pay.bonuses",
            [{"month": "2026-01", "amount": "1.00", "months": 13}],
            {("pay.bonuses.0.months", "bonus-months")},
        ),
    ],
)
async def test_each_fault_is_named_by_its_field(
    http: httpx.AsyncClient,
    key: Key,
    maladie: dict[str, Any],
    path: str,
    value: Any,
    expected: set[tuple[str, str]],
) -> None:
    answer = await http.post(URL, json=changed(maladie, path, value), headers=key())
    assert expected <= found(answer)
    assert {field.split(".")[0] for field, _ in found(answer)} <= {
        path.split(".", maxsplit=1)[0],
        "accident_day",
        "pay",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"a": 1, "a": 2}',
        b'{"employee": {"nir": "1", "nir": "2"}}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b'{"a": "\xff"}',
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"a": ' + b"9" * 5_000 + b"}",
    ],
)
async def test_what_is_no_json_object_is_refused_without_being_quoted(
    http: httpx.AsyncClient, key: Key, body: bytes
) -> None:
    answer = await http.post(URL, content=body, headers=key())
    assert answer.status_code == 400
    assert answer.json()["code"] == "not-json"


async def test_a_body_over_the_limit_is_refused(http: httpx.AsyncClient, key: Key) -> None:
    answer = await http.post(URL, content=b"{" + b" " * 300_000 + b"}", headers=key())
    assert answer.status_code == 413


CANARIES = {
    "employee.nir": "285052912345799",
    "employee.family_name": "CANARI\u0007NOM",
    "employee.given_names": "CANARI\u202eNOM",
    "employee.birth_date": "CANARI-1985",
    "contract": "2850529123457",
    "subrogation.iban": "FR7699999000011234567890189",
    "pay.months.0.gross": "CANARI 987654.32",
    "pay.months.0.month": "CANARI-MOIS",
    "last_worked_day": "CANARI-JOUR",
    "regime": "CANARI-REGIME",
    "risk": "CANARI-RISQUE",
    "2850529123457": "CANARI-CHAMP",
    "employee.1850529123457": "CANARI-CHAMP",
}


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_no_refused_value_is_ever_quoted(
    http: httpx.AsyncClient,
    key: Key,
    maladie: dict[str, Any],
    language: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for path, value in CANARIES.items():
        changed(maladie, path, value)
    answer = await http.post(URL, json=maladie, headers=key() | {"Accept-Language": language})
    assert len(answer.json()["errors"]) >= len(CANARIES) - 1
    shown = answer.text + str(answer.headers) + "".join(capfd.readouterr())
    for value in [*CANARIES.values(), "CANARI", "2850529123457", "1850529123457"]:
        assert value not in shown
        assert json.dumps(value)[1:-1] not in shown


async def test_messages_are_french_unless_english_is_asked_for(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any]
) -> None:
    maladie["regime"] = "agricole"
    french = await http.post(URL, json=maladie, headers=key())
    english = await http.post(
        URL, json=maladie, headers=key() | {"Accept-Language": "en-GB,fr;q=0.5"}
    )
    assert french.json()["errors"][0]["message"].startswith("Régime non couvert")
    assert english.json()["errors"][0]["message"].startswith("Regime not covered")
    assert french.headers["content-language"] == "fr"
    assert english.headers["content-language"] == "en"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({}, "idempotency-key-missing"),
        ({"Idempotency-Key": ""}, "idempotency-key-missing"),
        ({"Idempotency-Key": "a b"}, "idempotency-key-format"),
        ({"Idempotency-Key": "x" * 256}, "idempotency-key-format"),
    ],
)
async def test_a_key_is_needed_and_looked_at(
    http: httpx.AsyncClient, maladie: dict[str, Any], header: dict[str, str], code: str
) -> None:
    answer = await http.post(URL, json=maladie, headers=header)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_without_pay_history_a_declaration_is_taken(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any]
) -> None:
    del maladie["pay"]
    assert (await http.post(URL, json=maladie, headers=key())).status_code == 202


async def test_what_is_only_unlikely_is_taken_with_a_warning(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any]
) -> None:
    maladie["period"] = {"first": "2024-02-01", "last": "2024-02-09"}
    maladie["last_worked_day"] = "2024-01-31"
    maladie["subrogation"] = None
    answer = await http.post(URL, json=maladie, headers=key())
    assert answer.status_code == 202
    assert [(each["field"], each["code"]) for each in answer.json()["warnings"]] == [
        ("period.first", "prescription-likely")
    ]
