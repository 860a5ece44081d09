"""Our own machines as clients of our own APIs: a token kept until shortly before it ends."""

import time
from collections.abc import AsyncGenerator

import httpx
from pydantic import SecretStr

from chassis.errors import Unavailable

_RENEW_BEFORE_SECONDS = 60


class TokenSource(httpx.Auth):
    """An `httpx.Auth` that asks the gateway for a token of one audience when it needs one."""

    def __init__(
        self, http: httpx.AsyncClient, gateway: str, client: str, secret: SecretStr, audience: str
    ) -> None:
        self._http, self._url = http, f"{gateway}/oauth/token"
        self._client, self._secret, self._audience = client, secret, audience
        self._token, self._until = "", 0.0

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        request.headers["Authorization"] = f"Bearer {await self._current()}"
        yield request

    async def _current(self) -> str:
        if time.monotonic() >= self._until:
            try:
                answer = await self._http.post(
                    self._url,
                    data={"grant_type": "client_credentials", "audience": self._audience},
                    auth=(self._client, self._secret.get_secret_value()),
                )
                answer.raise_for_status()
            except httpx.HTTPError as failed:
                raise Unavailable(f"no token: {type(failed).__name__}") from failed
            body = answer.json()
            self._token = body["access_token"]
            self._until = time.monotonic() + body["expires_in"] - _RENEW_BEFORE_SECONDS
        return self._token
