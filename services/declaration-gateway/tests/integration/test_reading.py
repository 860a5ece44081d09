from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

Key = Callable[[], dict[str, str]]
URL = "/v1/declarations"


@pytest.fixture
async def declared(http: httpx.AsyncClient, key: Key, maladie: dict[str, Any]) -> str:
    return str((await http.post(URL, json=maladie, headers=key())).json()["links"]["self"])


async def test_nothing_of_the_person_is_read_back(http: httpx.AsyncClient, declared: str) -> None:
    for address in (declared, f"{declared}/history", URL):
        shown = (await http.get(address)).text
        for secret in ("2850529123457", "GOFF", "Ma\u00eblle", "1985-05-17", "FR76", "2400"):
            assert secret not in shown


async def test_another_tenant_sees_nothing_and_changes_nothing(
    other_http: httpx.AsyncClient, key: Key, declared: str
) -> None:
    for address in (declared, f"{declared}/history"):
        answer = await other_http.get(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    gone = await other_http.post(
        f"{declared}/revisions", json={"change": "cancellation"}, headers=key()
    )
    assert gone.status_code == 404
    assert (await other_http.get(URL)).json() == {"items": [], "next": None}


async def test_an_operator_reads_all_tenants_and_declares_nothing(
    operator_http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], declared: str
) -> None:
    assert (await operator_http.get(declared)).status_code == 200
    assert len((await operator_http.get(URL)).json()["items"]) == 1
    answer = await operator_http.post(URL, json=maladie, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_an_unknown_or_odd_address_is_refused_politely(http: httpx.AsyncClient) -> None:
    assert (await http.get(f"{URL}/{uuid4()}")).status_code == 404
    assert (await http.get(f"{URL}/2850529123457")).status_code == 422
    assert "2850529123457" not in (await http.get(f"{URL}?state=2850529123457")).json()["detail"]


async def test_the_list_goes_on_with_its_cursor_newest_first(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any]
) -> None:
    made = []
    for contract in ("A", "B", "C"):
        body = maladie | {"contract": contract}
        made.append((await http.post(URL, json=body, headers=key())).json()["declaration_id"])
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = (await http.get(f"{URL}?limit=2" + (f"&cursor={cursor}" if cursor else ""))).json()
        seen += [item["declaration_id"] for item in page["items"]]
        cursor = page["next"]
    assert sorted(seen) == sorted(made)
    assert seen == sorted(seen, reverse=True)
    assert (await http.get(f"{URL}?cursor=odd")).json()["code"] == "cursor"


async def test_the_list_is_filtered_by_state(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], declared: str
) -> None:
    other = await http.post(URL, json=maladie | {"contract": "B"}, headers=key())
    await http.post(
        f"{other.json()['links']['self']}/revisions", json={"change": "cancellation"}, headers=key()
    )
    for state, expected in (("declared", 1), ("cancelled", 1), ("returned", 0), ("settled", 0)):
        assert len((await http.get(f"{URL}?state={state}")).json()["items"]) == expected
    assert (await http.get(f"{URL}?state=unknown")).status_code == 422
