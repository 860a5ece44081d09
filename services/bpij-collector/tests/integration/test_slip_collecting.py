"""From the simulated CPAM's deposit to statements and events: the honest ways, and B2 to B9."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from contracts.events import StatementReceived

Lines = list[dict[str, Any]]


async def test_slip_becomes_a_statement_with_its_event(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay(case_a)
    await collector.collect()
    assert await collector.states() == [("read", None)]
    (event,) = await collector.events()
    received = StatementReceived.model_validate(event)
    assert (str(received.total), received.insurance, received.caisse) == ("662.52", "AS", "291")
    assert [(line.nature, str(line.amount)) for line in received.lines] == [
        ("IJNOR", "710.10"), ("RETCSJ", "-44.03"), ("RETCRD", "-3.55"),
    ]  # fmt: skip
    assert received.person_ref == collector.refs.person_ref("menuiserie-kerbrat", "1850475112042")
    opened = await collector.sealer.open(
        received.person,
        tenant="menuiserie-kerbrat",
        topic="statements.v1",
        stream=received.statement_id,
        field="person",
    )
    assert '"1850475112042"' in opened
    ((total, lines),) = await collector.rows(
        "select total, (select sum(amount) from statement_line) from statement"
    )
    assert str(total) == str(lines) == "662.52"


async def test_nothing_of_a_person_is_stored_or_sent_in_clear(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay(case_a)
    await collector.collect()
    stored = ""
    for table in ("slip", "statement", "statement_line", "outbox", "incident"):
        stored += str(await collector.rows(f"select to_jsonb(t) from {table} t"))
    stored += str(await collector.events())
    assert not any(word in stored for word in ("1850475112042", "Lefèvre", "Camille"))


async def test_file_is_kept_as_it_came_and_confirmed_after(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay(case_a)
    assert await collector.fetch() == 1
    ((id, raw, sha256, confirmed),) = await collector.rows(
        "select id, raw, sha256, confirmed_at from slip"
    )
    kept = await collector.sealer.open_bytes(
        raw, tenant="menuiserie-kerbrat", topic="statements.v1", stream=id, field="slip"
    )
    assert len(zipfile.ZipFile(io.BytesIO(kept)).namelist()) == 2
    (file,) = await caisse.files()
    assert file["sha256"] == sha256
    assert confirmed is not None
    assert await collector.fetch() == 0


async def test_each_account_brings_its_own_tenants_slips(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay(case_a)
    await caisse.pay(case_a, account="DELORME69")
    await collector.collect()
    found = await collector.rows("select tenant, account, state from slip order by tenant")
    assert [tuple(row) for row in found] == [
        ("menuiserie-kerbrat", "KERBRAT29", "read"), ("transports-delorme", "DELORME69", "read"),
    ]  # fmt: skip
    one, other = await collector.events()
    assert one["person_ref"] != other["person_ref"]


async def test_reversal_and_new_payment_are_two_statements(
    caisse: Any, collector: Any, pay_lines: Callable[..., Lines]
) -> None:
    undone = pay_lines("2026-03-05", "2026-03-22", 18, "-39.45", "44.03", "3.55")
    again = pay_lines("2026-03-05", "2026-03-18", 14, "39.45", "-34.24", "-2.76")
    await caisse.pay([*undone, *again])
    await collector.collect()
    events = await collector.events()
    assert sorted(event["total"] for event in events) == ["-662.52", "515.30"]
    assert len({event["statement_id"] for event in events}) == 2


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("bad-totals:assure", "total-insured"),
        ("bad-totals:declare", "total-employer"),
        ("bad-totals:declarant", "total-declarant"),
        ("truncated-zip", "archive-unreadable"),
        ("bad-crc", "archive-unreadable"),
        ("zip-slip", "archive-name"),
        ("zip-bomb", "archive-ratio"),
        ("nested-zip", "archive-nested"),
        ("two-data-files", "archive-several-slips"),
        ("envelope-only", "archive-without-slip"),
        ("slip-malformed", "xml-unreadable"),
        ("slip-doctype", "xml-doctype"),
        ("slip-other-schema", "slip-schema"),
    ],
)
async def test_bad_file_is_set_aside_whole_and_the_next_goes_on(
    caisse: Any, collector: Any, case_a: Lines, fault: str, reason: str
) -> None:
    await caisse.pay(case_a, faults=[fault])
    await caisse.pay(case_a)
    await collector.collect()
    assert await collector.states() == [("quarantined", reason), ("read", None)]
    assert len(await collector.events()) == 1
    ((kind, detail),) = await collector.rows("select kind, detail from incident")
    assert (kind, detail["reason"]) == ("slip-quarantined", reason)
    ((raw, confirmed),) = await collector.rows(
        "select raw, confirmed_at from slip where state = 'quarantined'"
    )
    assert raw is not None
    assert confirmed is not None


async def test_same_content_under_a_new_name_is_ignored_with_a_notice(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay(case_a, faults=["same-content-twice"])
    await collector.collect()
    assert await collector.states() == [("read", None), ("ignored", None)]
    first, second = await collector.rows("select id, same_as, notices from slip order by number")
    assert second.same_as == first.id
    assert second.notices == [{"code": "same-content", "about": ""}]
    assert len(await collector.events()) == 1


async def test_same_identification_with_other_content_is_set_aside(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    # Without a unit price, since the changed file has one cent more on its first line.
    await caisse.pay([line | {"unit": None} for line in case_a], faults=["changed-content"])
    await collector.collect()
    await collector.collect()
    assert await collector.states() == [("read", None), ("quarantined", "identification-reused")]
    assert len(await collector.events()) == 1
    assert all(file["confirmed_at"] for file in await caisse.files())


async def test_establishment_of_another_tenant_sets_the_file_aside(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay(case_a, siret="99945600700015")
    await collector.collect()
    assert await collector.states() == [("quarantined", "siret-not-of-tenant")]
    assert await collector.events() == []


async def test_unknown_code_merged_caisse_and_overpayments_are_stored_with_notices(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    new_code = {"nature": "CSN", "amount": "10.00", "from": "2026-03-23", "to": "2026-03-23"}
    recovered = {"nature": "RPR", "amount": "-20.00"}
    await caisse.pay(
        [*case_a, new_code, recovered],
        caisse="681",
        indus=[{"number": "I1", "amount": "147.22"}, {"number": "I2", "amount": "12.00"}],
    )
    await collector.collect()
    assert await collector.states() == [("read", None)]
    ((notices,),) = await collector.rows("select notices from slip")
    assert {(notice["code"], notice["about"]) for notice in notices} == {
        ("unknown-nature", "CSN"), ("merged-caisse", "681"), ("overpayment-stated", ""),
    }  # fmt: skip
    assert [tuple(row) for row in await collector.rows(
        "select number, amount::text from overpayment order by ordinal"
    )] == [("I1", "147.22"), ("I2", "12.00")]  # fmt: skip
    events = await collector.events()
    assert {event["caisse"] for event in events} == {"682"}
    assert sorted(event["total"] for event in events) == ["-20.00", "672.52"]


async def test_line_paid_to_the_employee_goes_out_as_such(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay([line | {"subrogated": False} for line in case_a])
    await collector.collect()
    (event,) = await collector.events()
    assert not any(line["subrogated"] for line in event["lines"])
