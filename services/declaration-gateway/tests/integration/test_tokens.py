from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from local_platform.material import Material

FORM = {"grant_type": "client_credentials", "audience": "declaration-gateway"}


@pytest.fixture
async def nobody(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


async def test_a_token_opens_the_api_for_which_it_was_made(
    nobody: httpx.AsyncClient, material: Material
) -> None:
    basic = ("sirh-kerbrat", material.secret("sirh-kerbrat"))
    token = (await nobody.post("/oauth/token", data=FORM, auth=basic)).json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 900)
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert (await nobody.get("/v1/declarations", headers=bearer)).status_code == 200


async def test_a_token_for_another_service_is_refused(
    nobody: httpx.AsyncClient, material: Material
) -> None:
    form = FORM | {
        "audience": "matcher",
        "client_id": "sirh-kerbrat",
        "client_secret": material.secret("sirh-kerbrat"),
    }
    token = (await nobody.post("/oauth/token", data=form)).json()["access_token"]
    answer = await nobody.get("/v1/declarations", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "client", [("sirh-kerbrat", "wrong"), ("unknown", "wrong"), ("", ""), ("sirh-kerbrat", "")]
)
async def test_wrong_credentials_get_one_answer_for_all_causes(
    nobody: httpx.AsyncClient, client: tuple[str, str]
) -> None:
    answer = await nobody.post("/oauth/token", data=FORM, auth=client)
    assert (answer.status_code, answer.json()["code"]) == (401, "client-refused")
    assert answer.headers["www-authenticate"] == "Basic"


async def test_a_malformed_request_for_a_token_is_refused_by_field(
    nobody: httpx.AsyncClient,
) -> None:
    answer = await nobody.post("/oauth/token", data={"grant_type": "password"})
    assert {error["code"] for error in answer.json()["errors"]} == {
        "grant-type-unknown",
        "audience-unknown",
    }
    odd = await nobody.post("/oauth/token", content=b"\xff\xfe")
    assert odd.json()["errors"][0]["code"] == "form-expected"
    garbled = await nobody.post("/oauth/token", data=FORM, headers={"Authorization": "Basic %%%"})
    assert garbled.status_code == 401


async def test_without_a_token_nothing_is_told(nobody: httpx.AsyncClient) -> None:
    for method, path in (("GET", "/v1/declarations"), ("POST", "/v1/declarations")):
        answer = await nobody.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
