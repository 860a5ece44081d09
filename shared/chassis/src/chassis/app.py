"""The HTTP front every service has: health, readiness, metrics, and errors people can act on.

Routes open their own transaction and answer after it; what leaves them as `Refused` or
`Unavailable` becomes problem+json here, anything else a 500 without a word of its content.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from asyncpg.exceptions import PostgresConnectionError
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import ClientDisconnect

from chassis.body_in_time import BodyInTime
from chassis.db import is_transient
from chassis.errors import FieldError, Refused, Unavailable
from chassis.figures import Figures
from chassis.front import Front
from chassis.problems import Catalogue, language_of
from chassis.quiet import Quiescence

MAX_BODY_BYTES = 256 * 1024
BODY_SECONDS = 20.0

Check = Callable[[], Awaitable[str | None]]
"""None when ready, else the reason in a few words."""

REFUSALS = Counter(
    "jonction_refusals_total", "Reasons for which requests were refused", ["service", "code"]
)

log = structlog.get_logger()


def create_app(
    name: str,
    *,
    production: bool,
    routers: Sequence[APIRouter],
    problems: Catalogue,
    readiness: Mapping[str, Check],
    quiescence: Quiescence | None = None,
    figures: Figures | None = None,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[Any]] | None = None,
    body_seconds: float = BODY_SECONDS,
    **state: Any,
) -> FastAPI:
    """`state` lands in `app.state`: `verifier`, `wiring`, whatever the routes reach for."""
    app = FastAPI(
        title=f"Jonction {name}",
        version="1",
        docs_url=None if production else "/docs",
        redoc_url=None,
        lifespan=lifespan,
        telemetry={"logs": False},
    )
    app.state.name = name
    app.state.problems = problems
    for key, value in state.items():
        setattr(app.state, key, value)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES)
    app.add_middleware(BodyInTime, seconds=body_seconds)
    front = Front(name, MAX_BODY_BYTES, lambda request: _answer(request, Refused("body-too-large")))
    app.add_middleware(front.around)
    _add_probes(app, readiness)
    _add_metrics(app, figures)
    if quiescence is not None and not production:
        _add_quiescence(app, quiescence, front)
    _add_handlers(app)
    for router in routers:
        app.include_router(router)
    return app


def _add_probes(app: FastAPI, readiness: Mapping[str, Check]) -> None:
    @app.get("/health", include_in_schema=False)
    async def health() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/ready", include_in_schema=False)
    async def ready() -> Response:
        found = await asyncio.gather(*(check() for check in readiness.values()))
        reasons = {
            name: reason
            for name, reason in zip(readiness, found, strict=True)
            if reason is not None
        }
        return JSONResponse(
            {"ready": not reasons, "reasons": reasons}, status_code=503 if reasons else 200
        )


def _add_metrics(app: FastAPI, figures: Figures | None) -> None:
    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        if figures is not None:
            await figures.refresh()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _add_quiescence(app: FastAPI, quiescence: Quiescence, front: Front) -> None:
    @app.get("/quiescence", include_in_schema=False)
    async def quiescent() -> dict[str, Any]:
        reading = await quiescence.reading()
        reading["activity"] += front.writes
        return reading


def _answer(request: Request, refused: Refused) -> JSONResponse:
    catalogue: Catalogue = request.scope["app"].state.problems
    return catalogue.render(
        refused,
        language=language_of(request.headers.get("accept-language")),
        request_id=request.scope.get("request_id", ""),
        instance=request.url.path,
    )


def _count(request: Request, raised: Refused) -> None:
    """By every reason found: one request may be counted under several."""
    codes = {error.code for error in raised.errors} or {raised.code}
    for code in codes:
        REFUSALS.labels(request.app.state.name, code).inc()


_STATUSES = {
    404: "not-found",
    405: "method-not-allowed",
    408: "body-too-slow",
    413: "body-too-large",
}


def _add_handlers(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def refused(request: Request, raised: Refused) -> Response:
        _count(request, raised)
        return _answer(request, raised)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, raised: RequestValidationError) -> Response:
        found = refusal_of(raised.errors(), app.state.problems)
        _count(request, found)
        return _answer(request, found)

    @app.exception_handler(HTTPException)
    async def http(request: Request, raised: HTTPException) -> Response:
        code = _STATUSES.get(
            raised.status_code, "not-json" if raised.status_code < 500 else "internal"
        )
        return _answer(request, Refused(code, status=raised.status_code))

    @app.exception_handler(Unavailable)
    async def unavailable(request: Request, raised: Unavailable) -> Response:
        seconds = max(1, round(raised.retry_in.total_seconds()))
        return _answer(request, Refused("unavailable", headers={"Retry-After": str(seconds)}))

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, raised: ClientDisconnect) -> Response:
        # Nobody hears this answer; nothing was begun, since the body never came whole.
        return Response(status_code=400)

    async def database(request: Request, raised: Exception) -> Response:
        if isinstance(raised, DBAPIError) and not is_transient(raised):
            return await bug(request, raised)
        log.warning("database unavailable", error=type(raised).__name__)
        return _answer(request, Refused("unavailable", headers={"Retry-After": "2"}))

    async def bug(request: Request, raised: Exception) -> Response:
        log.error("unexpected", exc_info=raised)
        return _answer(request, Refused("internal"))

    for kind in (DBAPIError, PoolTimeout, OSError, TimeoutError, PostgresConnectionError):
        app.add_exception_handler(kind, database)
    app.add_exception_handler(Exception, bug)


_CODES = {
    "missing": "field-missing",
    "extra_forbidden": "field-unknown",
    "string_type": "text-expected",
    "string_too_short": "text-length",
    "string_too_long": "text-length",
    "literal_error": "choice",
    "enum": "choice",
    "union_tag_invalid": "choice",
    "union_tag_not_found": "choice",
    "date_from_datetime_parsing": "date-format",
    "date_parsing": "date-format",
    "date_type": "date-format",
}


def refusal_of(errors: Sequence[Any], problems: Catalogue) -> Refused:
    """Pydantic's findings as coded field errors: where and what, never the value."""
    if any(error["type"] == "json_invalid" or tuple(error["loc"]) == ("body",) for error in errors):
        return Refused("not-json")
    fields = []
    for error in errors:
        place = [str(part) for part in error["loc"] if part not in ("body", "function-plain")]
        code = _CODES.get(error["type"], error["type"])
        fields.append(
            FieldError(
                ".".join(place) or "body", code if code in problems.entries else "field-invalid"
            )
        )
    return Refused("invalid", errors=fields)
