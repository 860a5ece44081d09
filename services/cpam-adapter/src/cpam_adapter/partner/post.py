"""One POST on a fresh connection, told as transport facts; nothing concluded, nothing retried.

Whether bytes left is read from the connection itself, not from the class of an exception: a client
library may raise the same error before and after the request was heard.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
from chassis import trace
from chassis.directory import CpamAccount
from chassis.http import http_client
from prometheus_client import Histogram

from cpam_adapter.partner.xml import LARGEST_BYTES, MESSAGES

Sent = Literal["nothing", "some", "all"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """`whole`: the answer's end was seen. `failure` is a word of ours, never a library's text."""

    sent: Sent
    status: int | None = None
    body: bytes = field(default=b"", repr=False)
    whole: bool = False
    failure: str | None = None


CALLS = Histogram("jonction_cpam_call_seconds", "Real time of one call", ["operation"])


class Post:
    def __init__(self, url: str, *, longest_seconds: float, connect_seconds: float = 3.0) -> None:
        self._url = url
        self._longest_seconds = longest_seconds
        # A kept connection that the server has closed meanwhile leaves an undecidable failure.
        self._http = http_client(
            timeout=httpx.Timeout(longest_seconds, connect=connect_seconds),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=0),
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def __call__(self, account: CpamAccount, operation: str, envelope: bytes) -> Exchange:
        wire, begun = _Wire(), time.perf_counter()
        with _traced(operation) as span:
            try:
                async with asyncio.timeout(self._longest_seconds):
                    await self._exchange(account, operation, envelope, wire)
            except TimeoutError:
                wire.failure = "deadline"
            except httpx.TimeoutException:
                wire.failure = "time-out"
            except httpx.TransportError:
                wire.failure = "connection"
            CALLS.labels(operation).observe(time.perf_counter() - begun)
            span.set_attributes({"sent": wire.sent, "outcome": wire.failure or str(wire.status)})
        return wire.facts()

    async def _exchange(
        self, account: CpamAccount, operation: str, envelope: bytes, wire: "_Wire"
    ) -> None:
        async with self._http.stream(
            "POST",
            self._url,
            content=envelope,
            auth=httpx.BasicAuth(account.account, account.password()),
            headers=_headers(operation),
            extensions={"trace": wire.trace},
        ) as response:
            wire.status = response.status_code
            async for chunk in response.aiter_raw():
                wire.body += chunk
                if len(wire.body) > LARGEST_BYTES:
                    wire.failure = "too-large"
                    return
            wire.whole = True


def _traced(operation: str) -> contextlib.AbstractContextManager[trace.Span]:
    """A collection is of no declaration: it has no span, and says of no trace."""
    if trace.current.get() is None:
        return contextlib.nullcontext(trace.NOTHING)
    return trace.span(f"CPAM {operation}", kind=trace.SpanKind.CLIENT)


class _Wire:
    """What the connection saw; the trace calls are httpcore's."""

    def __init__(self) -> None:
        self.sent: Sent = "nothing"
        self.status: int | None = None
        self.body = bytearray()
        self.whole = False
        self.failure: str | None = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            self.sent = "some"
        elif event.endswith("send_request_body.complete"):
            self.sent = "all"

    def facts(self) -> Exchange:
        return Exchange(self.sent, self.status, bytes(self.body), self.whole, self.failure)


def _headers(operation: str) -> dict[str, str]:
    return {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": f'"{MESSAGES}/{operation}"',
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
