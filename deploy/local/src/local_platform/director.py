"""Plays stories on the simulator's virtual clock: sends what the HRIS send, and moves time on.

The clock jumps only when every service says, twice with the same activity, that nothing is left
to do at this instant, to the earliest of what a service waits for and the story's next step.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chassis.http import http_client
from chassis.tokens import TokenSource
from httpx import AsyncClient, HTTPError, Response
from pydantic import SecretStr

from local_platform.failure import PlatformFailed
from local_platform.material import Material
from local_platform.story import Request, Story

QUIET_WITHIN_SECONDS = 120.0
ROUND_EVERY_SECONDS = 0.05
RETRY_EVERY_SECONDS = 0.3
RETRY_FOR_SECONDS = 60.0
SILENT = {"tick": -1, "outbox": 0, "lag": 0, "due": 1, "next_due": None, "boot": "", "activity": 0}
START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


OnJump = Callable[[datetime], Awaitable[None]]
OnAnswer = Callable[[Story, Request, Response], Awaitable[None]]


class NotQuiet(Exception):
    """Some service never came to rest at one instant."""


@dataclass(slots=True)
class Played:
    """What the director remembers: ids given by the gateway, and refusals as they came."""

    start: datetime
    end: datetime
    declarations: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)


class Director:
    def __init__(
        self,
        urls: Mapping[str, str],
        material: Material,
        *,
        on_jump: OnJump,
        on_answer: OnAnswer,
    ) -> None:
        self.urls, self._material = urls, material
        self._on_jump, self._on_answer = on_jump, on_answer
        self._http = http_client()
        self._tokens: dict[tuple[str, str], TokenSource] = {}

    async def close(self) -> None:
        await self._http.aclose()

    def as_client(self, client: str, audience: str) -> TokenSource:
        key = (client, audience)
        if key not in self._tokens:
            secret = SecretStr(self._material.secret(client))
            gateway = self.urls["declaration-gateway"]
            self._tokens[key] = TokenSource(self._http, gateway, client, secret, audience)
        return self._tokens[key]

    async def play(self, stories: list[Story]) -> Played:
        scripts = [{"name": story.name, **story.cpam} for story in stories if story.cpam]
        await self._control("POST", "/control/scripts", json=scripts)
        played = Played(START, START)
        steps = [(request.at, story, request) for story in stories for request in story.requests]
        for at, story, request in sorted(steps, key=lambda step: step[0]):
            await self._advance(at)
            await self._send(story, request, played)
        played.end = await self._advance(None)
        return played

    async def _advance(self, until: datetime | None) -> datetime:
        """To `until`, or without one to the last thing that the CPAM still plans to do."""
        while True:
            now = await self._now()
            if until is not None and until <= now:
                return now
            waited, planned = await self.settle()
            if until is None and planned is None:
                return now
            target = min(each for each in (waited, planned, until) if each is not None)
            await self._jump(target)
            await self._on_jump(target)

    async def _jump(self, to: datetime) -> None:
        """Two calls: the CPAM waits with its plan until every service has read the new day.

        A slip found by a service that still has the old reading would be dated on that day.
        """
        await self._control("POST", "/control/clock", json={"to": to.isoformat(), "hold": True})
        await self._until_read()
        await self._control("POST", "/control/clock", json={"to": to.isoformat()})

    async def _until_read(self) -> None:
        for _ in range(int(QUIET_WITHIN_SECONDS / ROUND_EVERY_SECONDS)):
            readings = await self._readings()
            if len({one["tick"] for one in readings.values()}) == 1:
                return
            await asyncio.sleep(ROUND_EVERY_SECONDS)
        raise NotQuiet("some service does not read the clock")

    async def settle(self) -> tuple[datetime | None, datetime | None]:
        """Waits for quiet; then the next instant a service waits for, and the CPAM's next plan."""
        end = time.monotonic() + QUIET_WITHIN_SECONDS
        previous: dict[str, Any] = {}
        while time.monotonic() < end:
            readings = await self._readings()
            quiet = {name: (one["boot"], one["activity"]) for name, one in readings.items()}
            if not self._busy(readings):
                if quiet == previous:
                    dues = {name: _instant(one["next_due"]) for name, one in readings.items()}
                    planned = dues.pop("cpam-simulator")
                    known = [due for due in dues.values() if due is not None]
                    return min(known, default=None), planned
                previous = quiet
            else:
                previous = {}
            await asyncio.sleep(ROUND_EVERY_SECONDS)
        raise NotQuiet(str(self._busy(await self._readings())))

    async def _readings(self) -> dict[str, dict[str, Any]]:
        names = [name for name in self.urls if name != "ops-console"]
        found = await asyncio.gather(*(self._reading(self.urls[name]) for name in names))
        return dict(zip(names, found, strict=True))

    async def _reading(self, url: str) -> dict[str, Any]:
        try:
            answer = await self._http.get(f"{url}/quiescence")
            answer.raise_for_status()
        except HTTPError as failed:
            return SILENT | {"reasons": [type(failed).__name__]}
        reading: dict[str, Any] = answer.json()
        return reading

    def _busy(self, readings: dict[str, dict[str, Any]]) -> dict[str, Any]:
        tick = readings["cpam-simulator"]["tick"]
        return {
            name: one
            for name, one in readings.items()
            if one["tick"] != tick or one["outbox"] or one["lag"] or one["due"]
        }

    async def _send(self, story: Story, request: Request, played: Played) -> None:
        path = "/v1/declarations"
        if request.does == "revise":
            path += f"/{played.declarations[story.name]}/revisions"
        auth = self.as_client(story.client, "declaration-gateway")
        headers = {"Idempotency-Key": request.idempotency_key}
        url = self.urls["declaration-gateway"] + path
        answer = await patiently(
            self._http, "POST", url, json=request.body, headers=headers, auth=auth
        )
        await self._on_answer(story, request, answer)
        body = answer.json()
        if request.refused:
            played.refusals[story.name] = (answer.status_code, body)
            return
        if answer.status_code >= 300:
            raise PlatformFailed(f"{story.name}: {answer.status_code} {answer.text}")
        known = played.declarations.setdefault(story.name, body["declaration_id"])
        if known != body["declaration_id"]:
            raise PlatformFailed(f"{story.name}: a second declaration was made of the same arrêt")

    async def _now(self) -> datetime:
        clock = await self._control("GET", "/clock")
        return datetime.fromisoformat(clock.json()["now"])

    async def _control(self, method: str, path: str, **options: Any) -> Response:
        url = self.urls["cpam-simulator"] + path
        answer = await patiently(self._http, method, url, **options)
        answer.raise_for_status()
        return answer


async def patiently(http: AsyncClient, method: str, url: str, **options: Any) -> Response:
    """As an HRIS would: the same request again while nobody answers or the answer is `later`."""
    end = time.monotonic() + RETRY_FOR_SECONDS
    while True:
        try:
            answer = await http.request(method, url, **options)
        except HTTPError:
            if time.monotonic() > end:
                raise
        else:
            if answer.status_code not in (429, 502, 503) or time.monotonic() > end:
                return answer
        await asyncio.sleep(RETRY_EVERY_SECONDS)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
