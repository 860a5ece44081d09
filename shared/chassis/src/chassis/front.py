"""What happens around every HTTP request: trace, request id, counters, headers on the answer.

A plain ASGI layer, because it stands on the gateway's hot path.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any
from uuid import uuid4

import structlog
from prometheus_client import Counter, Histogram
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import trace

REQUESTS = Counter(
    "jonction_http_requests_total", "Requests answered", ["service", "method", "status"]
)
SECONDS = Histogram("jonction_http_seconds", "Time to the answer", ["service", "method"])
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
        parent = headers.get(b"traceparent")
        traceparent = trace.started(parent.decode("latin-1") if parent else None)
        scope["request_id"] = str(uuid4())
        token = trace.current.set(traceparent)
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

        structlog.contextvars.bind_contextvars(trace=traceparent[3:35])
        try:
            if _announced(headers) > self._max_bytes:
                await self._too_large(Request(scope))(scope, receive, answered)
            else:
                await app(scope, receive, answered)
        finally:
            trace.current.reset(token)
            if scope["method"] not in _READS:
                self.writes += 1
            REQUESTS.labels(self._service, scope["method"], str(status)).inc()
            SECONDS.labels(self._service, scope["method"]).observe(perf_counter() - started)


def _announced(headers: dict[bytes, bytes]) -> int:
    length = headers.get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0
