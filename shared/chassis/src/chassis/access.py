"""Who is calling: Ed25519 access tokens, issued by the gateway and verified by each service alone.

A token is for one service (`aud`), lives 15 minutes, and carries role, tenant and reader. Verifying
needs the mounted public keys only, never a call to the gateway. Tokens run on real time.
"""

import asyncio
import hashlib
import json
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from chassis.directory import Directory, Role
from chassis.errors import Refused

ISSUER = "urn:jonction:declaration-gateway"
LIFETIME = timedelta(minutes=15)
_ALGORITHM = "Ed25519"
_LEEWAY_SECONDS = 30
_CACHED_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """`tenant` is None for operators and insurers; `reader` is set for who reads the feed."""

    client: str
    role: Role
    tenant: str | None
    reader: str | None

    def may_see(self, tenant: str) -> bool:
        return self.role == "operator" or self.tenant == tenant


class Verifier:
    def __init__(self, keys: Path, audience: str) -> None:
        self._keys = KeySet.import_key_set(_json(keys / "jwks.json"))
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            nbf={"essential": True},
            sub={"essential": True},
        )
        self._seen: dict[bytes, tuple[float, Caller]] = {}

    def caller(self, token: str) -> Caller:
        """Raises Refused("unauthenticated")."""
        digest = hashlib.sha256(token.encode()).digest()
        known = self._seen.get(digest)
        if known is not None and known[0] > time.time():
            return known[1]
        try:
            decoded = jwt.decode(token, self._keys, algorithms=[_ALGORITHM])
            self._claims.validate(decoded.claims)
        except (JoseError, ValueError):
            raise Refused("unauthenticated", headers={"WWW-Authenticate": "Bearer"}) from None
        claims = decoded.claims
        caller = Caller(claims["sub"], claims["role"], claims.get("tenant"), claims.get("reader"))
        if len(self._seen) >= _CACHED_TOKENS:
            self._seen.clear()
        self._seen[digest] = (float(claims["exp"]), caller)
        return caller


_bearer = HTTPBearer(auto_error=False, description="Token of POST /oauth/token, for this service")


def require(*roles: Role) -> Any:
    """A route's `caller: Annotated[Caller, require("hris")]`; puts the caller where routes see
    it.
    """

    async def caller_of(
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    ) -> Caller:
        if bearer is None:
            raise Refused("unauthenticated", headers={"WWW-Authenticate": "Bearer"})
        verifier: Verifier = request.app.state.verifier
        caller = verifier.caller(bearer.credentials)
        if caller.role not in roles:
            raise Refused("forbidden")
        return caller

    return Depends(caller_of)


class TokenIssuer:
    """Client credentials against the directory's Argon2 hashes. Only the gateway holds the key."""

    def __init__(self, keys: Path, directory: Directory) -> None:
        self._key = OKPKey.import_key(_json(keys / "token.key"))
        self._directory = directory
        self._hasher = PasswordHasher()
        self._one_at_a_time = asyncio.Semaphore(2)

    async def issue(self, client: str, secret: str, audience: str) -> tuple[str, int]:
        """Token and seconds of life. Raises Refused("client-refused"), the same for both causes."""
        found = self._directory.client(client)
        async with self._one_at_a_time:
            # An unknown client costs as much time as a wrong secret.
            known = await asyncio.to_thread(
                self._matches, found.secret_hash if found else self._decoy(), secret
            )
        if found is None or not known:
            raise Refused("client-refused", headers={"WWW-Authenticate": "Basic"})
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": found.id,
            "aud": audience,
            "iat": now,
            "nbf": now,
            "exp": now + int(LIFETIME.total_seconds()),
            "jti": str(uuid4()),
            "role": found.role,
            "tenant": found.tenant,
            "reader": found.reader,
        }
        header = {"alg": _ALGORITHM, "kid": self._key.kid, "typ": "at+jwt"}
        token = jwt.encode(header, claims, self._key, algorithms=[_ALGORITHM])
        return token, int(LIFETIME.total_seconds())

    def _matches(self, secret_hash: str, secret: str) -> bool:
        try:
            return self._hasher.verify(secret_hash, secret)
        except (VerificationError, InvalidHashError):
            return False

    def _decoy(self) -> str:
        return next((client.secret_hash for client in self._directory.clients), "")


def _json(path: Path) -> Any:
    return json.loads(path.read_text("ascii"))
