"""The one place where an HTTP client is made: no proxy from the environment, no redirect,
time-outs. What is sent on behalf of a trace says so.
"""

from typing import Any

import httpx

from chassis import trace

TIMEOUT = httpx.Timeout(10.0, connect=3.0)


def http_client(**options: Any) -> httpx.AsyncClient:
    options.setdefault("timeout", TIMEOUT)
    hooks = {"request": [_tell_trace]}
    return httpx.AsyncClient(trust_env=False, follow_redirects=False, event_hooks=hooks, **options)


async def _tell_trace(request: httpx.Request) -> None:
    if (traceparent := trace.current.get()) is not None:
        request.headers.setdefault("traceparent", traceparent)
