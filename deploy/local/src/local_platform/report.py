"""What became of the story, read back through the public APIs and the mail folder.

The form of `var/demo/report.json`: cases with answers, amounts, alerts and feed entries, refusals
as the gateway gave them, and the clock. `comparable` strips what differs between two true runs.
"""

import re
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from chassis.http import http_client
from httpx import AsyncClient

from local_platform.director import Director, Played
from local_platform.failure import PlatformFailed
from local_platform.mail_sink import read_mails
from local_platform.story import Story

OPERATOR = "exploitation"
INSURER = "prevoyance-aurore"
PARIS = ZoneInfo("Europe/Paris")
Json = dict[str, Any]


class Readers:
    """The platform as an operator and an insurer see it."""

    def __init__(self, http: AsyncClient, director: Director) -> None:
        self._http, self._director = http, director

    async def get(self, service: str, path: str, *, client: str = OPERATOR, **query: Any) -> Json:
        auth = self._director.as_client(client, service)
        answer = await self._http.get(self._director.urls[service] + path, params=query, auth=auth)
        answer.raise_for_status()
        body: Json = answer.json()
        return body

    async def pages(
        self, service: str, path: str, *, client: str = OPERATOR, **query: Any
    ) -> list[Json]:
        items: list[Json] = []
        cursor: str | None = None
        while True:
            page = query | ({"cursor": cursor} if cursor else {})
            body = await self.get(service, path, client=client, **page)
            items += body["items"]
            if not body["items"] or not body["next"] or body["next"] == cursor:
                return items
            cursor = body["next"]


async def write_report(
    stories: list[Story], played: Played, director: Director, *, mails: Path, seconds: float
) -> Json:
    async with http_client() as http:
        readers = Readers(http, director)
        feed = await readers.pages("event-feed", "/v1/feed", client=INSURER, limit=500)
        letters = read_mails(mails)
        cases = [
            await _case(story.name, played.declarations[story.name], readers, feed, letters)
            for story in stories
            if story.name in played.declarations
        ]
    return {
        "cases": cases,
        "refused": [_refusal(name, *found) for name, found in sorted(played.refusals.items())],
        "clock": {"from": played.start.isoformat(), "to": played.end.isoformat()},
        "seconds": round(seconds, 1),
    }


async def _case(
    scenario: str, declaration: str, readers: Readers, feed: list[Json], letters: list[EmailMessage]
) -> Json:
    found = await readers.pages("matcher", "/v1/cases", declaration_id=declaration)
    if len(found) != 1:
        raise PlatformFailed(f"{scenario}: {len(found)} cases instead of one")
    history = await readers.get("declaration-gateway", f"/v1/declarations/{declaration}/history")
    alerts = await readers.pages("notifier", "/v1/alerts", declaration_id=declaration)
    return {
        "scenario": scenario,
        "declaration_id": declaration,
        "state": found[0]["state"],
        "answers": [
            {name: entry[name] for name in ("kind", "verdict", "code", "at")}
            for entry in history["items"]
            if entry["entry"] == "answer"
        ],
        "expected": _amounts(found[0]["expected"]),
        "received": _amounts(found[0]["received"]),
        "gap": found[0]["gap"],
        "alerts": [_alert(alert, letters) for alert in reversed(alerts)],
        "feed": [
            {"position": entry["position"], "type": entry["type"]}
            for entry in feed
            if entry["declaration_id"] == declaration
        ],
    }


def _amounts(found: Json | None) -> Json | None:
    return found and {name: found[name] for name in ("gross", "csg", "crds", "net")}


def _alert(alert: Json, letters: list[EmailMessage]) -> Json:
    """`mails` counts what arrived: a mail sent twice for safety has one Message-ID."""
    own = {mail["message_id"].strip("<>") for mail in alert["mails"]}
    arrived = {str(letter["Message-ID"]).strip("<> ") for letter in letters}
    return {
        "kind": alert["kind"],
        "opened_at": alert["opened_at"],
        "resolved_at": alert["resolved_at"],
        "mails": len(own & arrived),
    }


def _refusal(scenario: str, status: int, problem: Json) -> Json:
    errors = [{"field": error["field"], "code": error["code"]} for error in problem["errors"]]
    return {"scenario": scenario, "status": status, "errors": errors}


def comparable(report: Json) -> Json:
    """Two runs of one story agree on this, whatever was killed in between."""
    cases = []
    for case in report["cases"]:
        kept = {name: value for name, value in case.items() if name != "declaration_id"}
        kept["feed"] = _by_topic(case["feed"])
        cases.append(kept)
    plain: Json = _by_paris_day({"cases": cases, "refused": report["refused"]})
    return plain


def _by_topic(feed: list[Json]) -> dict[str, list[str]]:
    """Between streams there is no order; within a topic a case's streams follow each other."""
    found: dict[str, list[str]] = {}
    for entry in feed:
        found.setdefault(entry["type"].split(".")[2], []).append(entry["type"])
    return found


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*")


def _by_paris_day(value: Any) -> Any:
    match value:
        case dict():
            return {name: _by_paris_day(item) for name, item in value.items()}
        case list():
            return [_by_paris_day(item) for item in value]
        case str() if _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(PARIS).date().isoformat()
        case _:
            return value
