"""The console on a real port, among stand-ins of the other services on another.

What the stand-ins say lies in `samples/` and is read through the services' own response models, so
that a change of theirs that the console does not follow fails here.
"""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from bpij_collector.routes import SlipPage
from chassis.clock import FixedClock
from chassis.directory import Directory
from contracts import topics
from contracts.identifiers import Siret
from cpam_adapter.routes import _HIDDEN as HIDDEN
from cpam_adapter.store.submissions import Submission
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from local_platform.processes import free_port
from matcher.routes.timeline import Timeline
from matcher.routes.unmatched import OpenPayments
from matcher.routes.views import CaseView, WholeCase
from notifier.routes import AlertList
from ops_console.partner.services import reach
from ops_console.wiring import front
from pydantic import BaseModel, SecretStr

SAMPLES = Path(__file__).with_name("samples")
NOW = datetime(2026, 4, 17, 8, 30, tzinfo=UTC)
SERVICES = (
    topics.GATEWAY,
    topics.ADAPTER,
    topics.COLLECTOR,
    topics.MATCHER,
    topics.FEED,
    topics.NOTIFIER,
)
STORIES = (
    "documents",
    "overdue",
    "unknown",
    "cancelled",
    "employee",
    "accident",
    "gap",
    "settled",
    "returned",
)
DIRECTORY = Directory.model_validate(
    {
        "tenants": [
            {"id": "menuiserie-kerbrat", "name": "Menuiserie Kerbrat", "sirets": [_siret]}
            for _siret in (Siret.parse("99912300300017"),)
        ]
        + [
            {
                "id": "transports-delorme",
                "name": "Transports Delorme",
                "sirets": [Siret.parse("99945600700015"), Siret.parse("99945600700023")],
            }
        ]
    }
)


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def told(model: type[BaseModel], name: str) -> Any:
    """As the service that owns `model` would say it."""
    return model.model_validate(sample(name)).model_dump(mode="json")


def shown_submission(row: dict[str, Any]) -> dict[str, Any]:
    """As the adapter shows it: all of a submission's fields but the hidden ones."""
    shown = set(Submission.__dataclass_fields__) - set(HIDDEN)
    return {name: value for name, value in row.items() if name in shown}


@dataclass
class StandIns:
    """`away` answer 503; `garbled` answer what nobody can read; `asked` is what came in."""

    port: int
    away: set[str] = field(default_factory=set)
    garbled: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    alerts: dict[str, Any] = field(default_factory=lambda: told(AlertList, "alerts"))

    def reset(self) -> None:
        self.away.clear()
        self.garbled.clear()
        self.asked.clear()
        self.alerts = told(AlertList, "alerts")

    def address(self, service: str) -> str:
        return f"http://127.0.0.1:{self.port}/{service}"

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def trouble(
            request: Request, call_next: Callable[[Request], Awaitable[Response]]
        ) -> Response:
            service = request.url.path.split("/")[1]
            self.asked.append((service, str(request.url)))
            if service in self.away:
                return Response(status_code=503)
            if service in self.garbled and "/v1/" in request.url.path:
                return JSONResponse({"items": "?"})
            return await call_next(request)

        self._tokens(app)
        self._probes(app)
        self._cases(app)
        self._others(app)
        return app

    def _tokens(self, app: FastAPI) -> None:
        @app.post("/declaration-gateway/oauth/token")
        async def token() -> dict[str, Any]:
            return {"access_token": "t", "token_type": "Bearer", "expires_in": 900}

    def _probes(self, app: FastAPI) -> None:
        @app.get("/{service}/ready")
        async def ready(service: str) -> Response:
            if service == topics.FEED:
                body = {"ready": False, "reasons": {"consumer": "another log"}}
                return JSONResponse(body, status_code=503)
            return JSONResponse({"ready": True, "reasons": {}})

        @app.get("/{service}/metrics")
        async def metrics(service: str) -> Response:
            lag = 3 if service == topics.FEED else 0
            return PlainTextResponse(
                f'jonction_consumer_lag{{service="{service}"}} {lag}.0\n'
                f'jonction_outbox_rows{{service="{service}"}} 0.0\n'
                + ("jonction_notifier_mails_queued 1.0\n" if service == topics.NOTIFIER else "")
            )

        @app.get("/{service}/v1/operations/held")
        async def held(service: str) -> dict[str, Any]:
            return {"items": [], "next": None}

        @app.get("/{service}/v1/operations/incidents")
        async def incidents(service: str) -> dict[str, Any]:
            found: dict[str, Any] = {
                "id": "0d6d5d8e-31cf-5d6f-8f1c-0a6a9d2b7e11",
                "kind": "slip-quarantined",
                "key": "DELORME69",
                "detail": {},
                "opened_at": NOW.isoformat(),
                "closed_at": None,
            }
            return {"items": [found] if service == topics.COLLECTOR else [], "next": None}

    def _cases(self, app: FastAPI) -> None:
        cases = {told(WholeCase, f"case-{name}")["case_id"]: name for name in STORIES}

        @app.get("/matcher/v1/cases")
        async def list_cases(
            state: str | None = None, declaration_id: str | None = None
        ) -> dict[str, Any]:
            found = [told(CaseView, f"case-{name}") for name in STORIES]
            found = [item for item in found if state in (None, item["state"])]
            found = [item for item in found if declaration_id in (None, item["declaration_id"])]
            return {"items": found, "next": "bmV4dA==" if state is None else None}

        @app.get("/matcher/v1/cases/{case_id}")
        async def case(case_id: str) -> Response:
            if case_id not in cases:
                return JSONResponse({"code": "not-found"}, status_code=404)
            return JSONResponse(told(WholeCase, f"case-{cases[case_id]}"))

        @app.get("/matcher/v1/cases/{case_id}/timeline")
        async def timeline(case_id: str) -> Response:
            if case_id not in cases:
                return JSONResponse({"code": "not-found"}, status_code=404)
            return JSONResponse(told(Timeline, f"timeline-{cases[case_id]}"))

        @app.get("/cpam-adapter/v1/submissions")
        async def submissions(declaration_id: str) -> Any:
            name = next(
                n for n in STORIES if sample(f"case-{n}")["declaration_id"] == declaration_id
            )
            return {"items": [shown_submission(item) for item in sample(f"submissions-{name}")]}

    def _others(self, app: FastAPI) -> None:
        @app.get("/matcher/v1/unmatched")
        async def unmatched() -> Any:
            return told(OpenPayments, "unmatched")

        @app.get("/cpam-adapter/v1/quarantine")
        async def quarantine() -> Any:
            return sample("quarantine")

        @app.get("/bpij-collector/v1/slips")
        async def slips(state: str) -> Any:
            return told(SlipPage, "slips")

        @app.get("/notifier/v1/alerts")
        async def list_alerts(
            state: str | None = None, kind: str | None = None, declaration_id: str | None = None
        ) -> dict[str, Any]:
            found = [
                item
                for item in self.alerts["items"]
                if state in (None, item["state"])
                and kind in (None, item["kind"])
                and declaration_id in (None, item["declaration_id"])
            ]
            return {"items": found, "next": None}


class _Served:
    """An app on its own loop in its own thread, so that a blocking browser can talk to it."""

    def __init__(self, app: FastAPI, port: int) -> None:
        config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve()))

    def start(self) -> None:
        self._thread.start()
        while not self._server.started:
            threading.Event().wait(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="session")
def _stand_ins() -> Iterator[StandIns]:
    found = StandIns(free_port())
    served = _Served(found.app(), found.port)
    served.start()
    yield found
    served.stop()


@pytest.fixture
def stand_ins(_stand_ins: StandIns) -> StandIns:
    _stand_ins.reset()
    return _stand_ins


@pytest.fixture(scope="session")
def console(_stand_ins: StandIns) -> Iterator[str]:
    """The address of a running console that asks the stand-ins, on Friday 17 April 2026."""
    services = reach(
        {name: _stand_ins.address(name) for name in SERVICES},
        client_id="ops-console",
        secret=SecretStr("s"),
    )
    port = free_port()
    app = front(FixedClock(NOW), services, DIRECTORY, refresh_seconds=1)
    app.router.on_shutdown.append(services.close)
    served = _Served(app, port)
    served.start()
    yield f"http://127.0.0.1:{port}"
    served.stop()


@pytest.fixture(scope="session")
def case_id() -> Callable[[str], str]:
    def of(story: str) -> str:
        identity: str = sample(f"case-{story}")["case_id"]
        return identity

    return of
