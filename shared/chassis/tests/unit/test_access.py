"""Tokens: who gets one, and which forgeries do not open a door."""

import base64
import json
import time
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from chassis.access import ISSUER, Caller, TokenIssuer, Verifier, require
from chassis.app import create_app
from chassis.directory import Directory
from chassis.errors import Refused
from chassis.problems import Catalogue
from fastapi import APIRouter
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

HEADER = {"alg": "Ed25519", "typ": "at+jwt"}


def private_key(keys: Path) -> OKPKey:
    return OKPKey.import_key(json.loads((keys / "token.key").read_text()))


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "iss": ISSUER,
        "sub": "sirh",
        "aud": "matcher",
        "iat": now,
        "nbf": now,
        "exp": now + 60,
        "role": "hris",
        "tenant": "one",
        "reader": None,
    }
    return {name: value for name, value in (good | changed).items() if value != "absent"}


def signed(keys: Path, **changed: Any) -> str:
    key = private_key(keys)
    return jwt.encode(HEADER | {"kid": key.kid}, claims(**changed), key, algorithms=["Ed25519"])


def test_a_token_of_ours_gives_its_caller(keys_dir: Path) -> None:
    caller = Verifier(keys_dir, "matcher").caller(signed(keys_dir))
    assert caller == Caller("sirh", "hris", "one", None)
    assert caller.may_see("one")
    assert not caller.may_see("two")


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "event-feed"},
        {"aud": "absent"},
        {"iss": "urn:jonction:declaration-gateway:x"},
        {"exp": int(time.time()) - 120},
        {"exp": "absent"},
        {"nbf": int(time.time()) + 3600},
        {"sub": "absent"},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(keys_dir: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="unauthenticated"):
        Verifier(keys_dir, "matcher").caller(signed(keys_dir, **changed))


def test_a_token_signed_by_another_key_is_refused(keys_dir: Path) -> None:
    other = OKPKey.generate_key("Ed25519", {"kid": private_key(keys_dir).kid})
    forged = jwt.encode(HEADER | {"kid": other.kid}, claims(), other, algorithms=["Ed25519"])
    with pytest.raises(Refused):
        Verifier(keys_dir, "matcher").caller(forged)


def test_the_public_key_used_as_a_shared_secret_is_refused(keys_dir: Path) -> None:
    public = (keys_dir / "jwks.json").read_bytes()
    forged = jwt.encode({"alg": "HS256"}, claims(), OctKey.import_key(public), algorithms=["HS256"])
    with pytest.raises(Refused):
        Verifier(keys_dir, "matcher").caller(forged)


def test_an_unsigned_token_is_refused(keys_dir: Path) -> None:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims())]
    unsigned = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts) + b"."
    for text in (unsigned.decode(), "", "a.b.c", "not a token"):
        with pytest.raises(Refused):
            Verifier(keys_dir, "matcher").caller(text)


async def test_a_wrong_secret_and_an_unknown_client_get_the_same_answer(
    keys_dir: Path, directory: Directory
) -> None:
    issuer = TokenIssuer(keys_dir, directory)
    known = directory.clients[0].id
    for client in (known, "nobody"):
        with pytest.raises(Refused, match="client-refused"):
            await issuer.issue(client, "wrong", "matcher")


async def test_a_door_opens_for_its_roles_only(keys_dir: Path) -> None:
    router = APIRouter()

    @router.get("/operators")
    async def operators(caller: Annotated[Caller, require("operator")]) -> str:
        return caller.client

    app = create_app(
        "matcher",
        production=False,
        routers=[router],
        problems=Catalogue.load(),
        readiness={},
        verifier=Verifier(keys_dir, "matcher"),
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://matcher"
    ) as http:
        nobody = await http.get("/operators")
        hris = await http.get("/operators", headers={"Authorization": f"Bearer {signed(keys_dir)}"})
        token = signed(keys_dir, role="operator", tenant=None)
        operator = await http.get("/operators", headers={"Authorization": f"Bearer {token}"})
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
    assert (hris.status_code, hris.json()["code"]) == (403, "forbidden")
    assert operator.json() == "sirh"
