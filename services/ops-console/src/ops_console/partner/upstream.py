"""One other service as the console sees it: authenticated reads that either answer or are `Away`.

A page is made of parts; a service that does not answer, refuses us or says what we cannot read
costs its own part and nothing else.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import structlog
from chassis.errors import Unavailable
from pydantic import BaseModel, ConfigDict, ValidationError

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

log = structlog.get_logger()


class Told(BaseModel):
    """What another service says; it may say more than we know of."""

    model_config = ConfigDict(frozen=True, extra="ignore")


@dataclass(frozen=True, slots=True)
class Away:
    """`reason` is one of unreachable, refused, unreadable."""

    service: str
    reason: str


class NotFound(Exception):
    """The service answers that there is no such thing."""


class Upstream:
    """`name` is the service's folder name; `http` has its address and our token for it."""

    def __init__(self, name: str, http: httpx.AsyncClient) -> None:
        self.name = name
        self._http = http

    async def read(self, model: type[M], path: str, **params: Any) -> M | Away:
        """Raises NotFound."""
        given = {name: value for name, value in params.items() if value is not None}
        try:
            answer = await self._http.get(path, params=given)
        except (httpx.HTTPError, Unavailable) as failed:
            return self._away("unreachable", failed)
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise NotFound(path)
        try:
            answer.raise_for_status()
            return model.model_validate_json(answer.content)
        except httpx.HTTPStatusError as refused:
            return self._away("refused", refused)
        except ValidationError as unreadable:
            return self._away("unreadable", unreadable)

    async def text(self, path: str, *, auth: bool = False) -> tuple[int, str] | Away:
        """A probe's status and body; probes need no token."""
        try:
            answer = await self._http.get(path, auth=None if not auth else httpx.USE_CLIENT_DEFAULT)
        except (httpx.HTTPError, Unavailable) as failed:
            return self._away("unreachable", failed)
        return answer.status_code, answer.text

    def _away(self, reason: str, failed: Exception) -> Away:
        log.warning("upstream", upstream=self.name, reason=reason, error=type(failed).__name__)
        return Away(self.name, reason)


async def found(part: Awaitable[T]) -> T | None:
    try:
        return await part
    except NotFound:
        return None
