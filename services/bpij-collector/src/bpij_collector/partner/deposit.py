"""Client of the partner's slip deposit: list, download, confirm; Basic auth of one CPAM account.

Every trouble of the line is `Unavailable`: the file still lies there and the next poll tries again.
"""

import contextlib
import hashlib
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

import httpx
from chassis.errors import Refused, Unavailable
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MAX_FILE_BYTES = 16 * 1024 * 1024
_MAX_LISTING_BYTES = 4 * 1024 * 1024


class DepositedFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    name: Annotated[
        str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    ]
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


_LISTING = TypeAdapter(list[Any])


@dataclass(frozen=True, slots=True)
class Listing:
    """`unreadable` entries cannot be fetched: their name, size or hash is not one."""

    files: list[DepositedFile]
    unreadable: int


class AccountRefused(Unavailable):
    """Goes on until somebody acts, here or at the CPAM."""


class SlipDeposit:
    def __init__(self, http: httpx.AsyncClient, url: str, account: str, password: str) -> None:
        self._http, self._url, self._auth = http, url.rstrip("/"), (account, password)

    async def list_files(self) -> Listing:
        """Raises AccountRefused when name or password is not taken."""
        content = await self._get(f"{self._url}/bpij", _MAX_LISTING_BYTES)
        try:
            listed = _LISTING.validate_json(content)
        except ValidationError:
            raise Unavailable("the slip deposit's listing is not readable") from None
        files = []
        for entry in listed:
            with contextlib.suppress(ValidationError):
                files.append(DepositedFile.model_validate(entry))
        return Listing(files, len(listed) - len(files))

    async def download(self, file: DepositedFile) -> bytes:
        """The bytes whose hash was listed. Raises Refused("slip-too-large")."""
        if file.size > MAX_FILE_BYTES:
            raise Refused("slip-too-large")
        content = await self._get(f"{self._url}/bpij/{quote(file.name)}", MAX_FILE_BYTES)
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise Unavailable("a downloaded slip is not the listed one")
        return content

    async def confirm(self, file: DepositedFile) -> None:
        """Confirming twice is allowed; a file that is gone was confirmed before."""
        try:
            answer = await self._http.post(
                f"{self._url}/bpij/{quote(file.name)}/accuse", auth=self._auth
            )
        except httpx.HTTPError as failed:
            raise Unavailable(f"slip deposit: {type(failed).__name__}") from None
        if answer.status_code not in (200, 202, 204, 404, 410):
            raise Unavailable(f"slip deposit answered {answer.status_code}")

    async def _get(self, url: str, most_bytes: int) -> bytes:
        content = bytearray()
        try:
            async with self._http.stream("GET", url, auth=self._auth) as answer:
                if answer.status_code in (401, 403):
                    raise AccountRefused("the slip deposit refuses the account")
                if answer.status_code != httpx.codes.OK:
                    raise Unavailable(f"slip deposit answered {answer.status_code}")
                async for chunk in answer.aiter_bytes():
                    content += chunk
                    if len(content) > most_bytes:
                        raise Refused("slip-too-large")
        except httpx.HTTPError as failed:
            raise Unavailable(f"slip deposit: {type(failed).__name__}") from None
        return bytes(content)
