"""What an operator and a HRIS read: states, reasons in their language, totals; never a person."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from bpij_collector.settings import Settings
from bpij_collector.store.tables import metadata
from bpij_collector.wiring import build
from pydantic import SecretStr
from testkit.plugin import NewDatabase

Lines = list[dict[str, Any]]
Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def ask(
    collector: Any, keys_dir: Path, directory_file: Path,
    token: Callable[[str, str], Awaitable[str]],
) -> AsyncIterator[Ask]:  # fmt: skip
    database = SecretStr(collector.database_url)
    parts = build(Settings(mode="test", database=database, keys=keys_dir, directory=directory_file))
    transport = httpx.ASGITransport(parts.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://slips") as http:

        async def get(path: str, client: str = "exploitation", **params: Any) -> httpx.Response:
            bearer = await token(client, "bpij-collector")
            language = params.pop("language", "fr")
            headers = {"Authorization": f"Bearer {bearer}", "Accept-Language": language}
            method = params.pop("method", "GET")
            return await http.request(method, path, params=params, headers=headers)

        yield get
    for close in parts.closers:
        await close()


async def test_slip_shows_what_was_read_and_nobody(
    ask: Ask, caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay(case_a, indus=[{"number": "I1", "amount": "147.22"}])
    await collector.collect()
    page = (await ask("/v1/slips")).json()
    (slip,) = page["items"]
    assert (slip["state"], slip["total"], slip["people"], slip["statements"], slip["lines"]) == (
        "read", "662.52", 1, 1, 3,
    )  # fmt: skip
    answer = await ask(f"/v1/slips/{slip['id']}")
    detail = answer.json()
    assert detail["statement_list"][0]["total"] == "662.52"
    assert [line["nature"] for line in detail["statement_list"][0]["lines"]] == [
        "IJNOR", "RETCSJ", "RETCRD",
    ]  # fmt: skip
    assert detail["overpayments"] == [{"place": "1.1.1", "number": "I1", "amount": "147.22"}]
    assert detail["notices"][0]["title"] == "Le bordereau annonce un indu"
    assert not any(word in answer.text for word in ("1850475112042", "Lefèvre", "person", "k1."))


async def test_quarantined_slip_says_why_and_what_to_do_in_both_languages(
    ask: Ask, caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay(case_a, faults=["bad-totals:assure"])
    await collector.collect()
    (slip,) = (await ask("/v1/slips", state="quarantined")).json()["items"]
    assert slip["reason"]["code"] == "total-insured"
    assert slip["reason"]["place"] == "1.1.1"
    assert slip["reason"]["title"] == "Cumul d'un assuré différent de ses lignes"
    english = (await ask(f"/v1/slips/{slip['id']}", language="en")).json()
    assert "Report the person" in english["reason"]["fix"]
    assert (await ask("/v1/slips", state="read")).json()["items"] == []


async def test_hris_sees_its_own_tenant_only(
    ask: Ask, caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay(case_a)
    await caisse.pay(case_a, account="DELORME69")
    await collector.collect()
    everything = (await ask("/v1/slips")).json()["items"]
    own = (await ask("/v1/slips", "sirh-kerbrat")).json()["items"]
    assert len(everything) == 2
    assert [slip["tenant"] for slip in own] == ["menuiserie-kerbrat"]
    foreign = next(slip for slip in everything if slip["tenant"] == "transports-delorme")
    assert (await ask(f"/v1/slips/{foreign['id']}", "sirh-kerbrat")).status_code == 404
    assert (await ask(f"/v1/slips/{uuid4()}")).status_code == 404
    assert (await ask("/v1/slips", "prevoyance-aurore")).status_code == 403


async def test_list_is_walked_by_cursor_newest_first(
    ask: Ask, caisse: Any, collector: Any, case_a: Lines
) -> None:
    for _ in range(5):
        await caisse.pay(case_a)
    await collector.collect()
    seen, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await ask("/v1/slips", **params)).json()
        seen += [slip["name"] for slip in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)
    wrong = await ask("/v1/slips", cursor="x")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "cursor")


async def test_slip_put_back_is_read_again_and_its_incident_closed(
    ask: Ask, caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay(case_a)
    await collector.fetch()
    await collector.rows("update slip set attempts = 99 returning id")
    await collector.read()
    assert await collector.states() == [("quarantined", "reading-failed")]
    (slip,) = (await ask("/v1/slips")).json()["items"]
    path = f"/v1/slips/{slip['id']}/put-back"
    assert (await ask(path, "sirh-kerbrat", method="POST")).status_code == 403
    assert (await ask(f"/v1/slips/{uuid4()}/put-back", method="POST")).status_code == 404
    assert (await ask(path, method="POST")).status_code == 202
    again = await ask(path, method="POST")
    assert (again.status_code, again.json()["code"]) == (409, "slip-not-put-back")
    await collector.read()
    assert await collector.states() == [("read", None)]
    ((closed,),) = await collector.rows("select closed_at from incident")
    assert closed is not None


async def test_every_reason_and_notice_has_its_text() -> None:
    """A code without a text would make the list of slips fail."""
    import re

    import bpij_collector
    from chassis.problems import Catalogue

    package = Path(bpij_collector.__file__).parent
    texts = Catalogue.load(package / "problems.toml").entries
    source = "".join(path.read_text("utf-8") for path in package.rglob("*.py"))
    raised = set(re.findall(r'(?:Refused|Notice)\(\s*"([a-z0-9-]+)"', source))
    assert len(raised) > 25
    assert raised <= set(texts)


async def test_migrated_tables_are_the_declared_ones(new_database: NewDatabase) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine((await new_database("bpij-collector")).owner)
    async with engine.connect() as connection:
        drift = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
    await engine.dispose()
    assert [change for change in drift if "alembic_version" not in str(change)] == []


async def test_password_over_plain_http_is_refused_in_production() -> None:
    with pytest.raises(ValueError, match="https"):
        Settings(mode="production", cpam="http://caisse.example")
