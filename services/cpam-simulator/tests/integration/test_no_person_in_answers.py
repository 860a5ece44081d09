"""Refusals, ledger and errors never repeat who a declaration is about."""

from typing import Any

PERSON = ("1850375116042", "EXEMPLE", "Alix", "FR7630006000011234567890189")


async def test_the_ledger_names_no_person(partner: Any) -> None:
    planned = [{"after": "PT0S", "verdict": "CONFIRMATION_TRAITEMENT"}]
    await partner.control("scripts", [partner.script(answers=planned)])
    await partner.deposit(partner.declaration(iban=PERSON[3]))
    text = (await partner.http.get(f"{partner.url}/control/ledger")).text
    assert not [word for word in PERSON if word in text]


async def test_a_script_that_is_refused_is_not_quoted(partner: Any) -> None:
    script = partner.script(answers=[{"verdict": "REJET"}])
    answer = await partner.http.post(f"{partner.url}/control/scripts", json=[script])
    assert answer.status_code == 422
    assert "exactly one of after, at" in answer.text
    assert not [word for word in PERSON if word in answer.text]


async def test_a_fault_does_not_quote_the_request(partner: Any) -> None:
    answer = await partner.post_deposit(partner.declaration(siret="12"))
    assert not [word for word in PERSON if word in answer.text]


async def test_a_file_name_holds_no_person(partner: Any) -> None:
    slip = {"after": "PT0S", "lines": [{"nature": "IJNOR", "amount": "10.00"}]}
    await partner.control("scripts", [partner.script(slips=[slip])])
    await partner.deposit()
    (listed,) = await partner.files()
    assert not [word for word in PERSON if word in listed["name"]]
