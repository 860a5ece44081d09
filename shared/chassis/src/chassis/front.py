"""What happens around every HTTP request: trace, request id, counters, headers on the answer.

A plain ASGI layer, because it stands on the gateway's hot path.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from time import perf_counter
from typing import Any
from uuid import uuid4

from prometheus_client import Counter, Histogram
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import trace

REQUESTS = Counter(
    "jonction_http_requests_total", "Requests answered", ["service", "method", "status"]
)
SECONDS = Histogram("jonction_http_seconds", "Time to the answer", ["service", "method"])
_PROBES = frozenset({"/health", "/ready", "/metrics", "/quiescence"})
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)


class Front:
    """`too_large` answers a request whose announced length is over the limit, before it is read."""

    def __init__(
        self, service: str, max_bytes: int, too_large: Callable[[Request], Response]
    ) -> None:
        self._service, self._max_bytes, self._too_large = service, max_bytes, too_large
        self.writes = 0
        """Requests that may have changed something; part of the service's activity."""

    def around(self, app: ASGIApp) -> ASGIApp:
        async def front(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            await self._request(app, scope, receive, send)

        return front

    async def _request(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        scope["request_id"] = str(uuid4())
        started, status = perf_counter(), 500

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                extra: list[Any] = [*_HEADERS, (b"x-request-id", scope["request_id"].encode())]
                if not any(name == b"cache-control" for name, _ in message["headers"]):
                    extra.append((b"cache-control", b"no-store"))
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        try:
            with _traced(scope, headers) as span:
                try:
                    if _announced(headers) > self._max_bytes:
                        await self._too_large(Request(scope))(scope, receive, answered)
                    else:
                        await app(scope, receive, answered)
                finally:
                    _name(span, scope, status)
        finally:
            if scope["method"] not in _READS:
                self.writes += 1
            REQUESTS.labels(self._service, scope["method"], str(status)).inc()
            SECONDS.labels(self._service, scope["method"]).observe(perf_counter() - started)


def _traced(scope: Scope, headers: dict[bytes, bytes]) -> AbstractContextManager[trace.Span]:
    if scope["path"] in _PROBES:
        return nullcontext(trace.NOTHING)
    given = headers.get(b"traceparent")
    parent = trace.started(given.decode("latin-1") if given else None)
    return trace.span(scope["method"], parent=parent, kind=trace.SpanKind.SERVER)


def _name(span: trace.Span, scope: Scope, status: int) -> None:
    """By the route's pattern: an address holds ids, and one mistyped may hold anything."""
    if span.is_recording():
        route = getattr(scope.get("route"), "path", "")
        span.update_name(f"{scope['method']} {route}".rstrip())
        span.set_attributes({"http.route": route, "http.response.status_code": status})
        if status >= 500:
            span.set_status(trace.Status(trace.StatusCode.ERROR))


def _announced(headers: dict[bytes, bytes]) -> int:
    length = headers.get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0
