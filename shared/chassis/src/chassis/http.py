"""The one place where an HTTP client is made: no proxy from the environment, no redirect,
time-outs.
"""

from typing import Any

import httpx

TIMEOUT = httpx.Timeout(10.0, connect=3.0)


def http_client(**options: Any) -> httpx.AsyncClient:
    options.setdefault("timeout", TIMEOUT)
    return httpx.AsyncClient(trust_env=False, follow_redirects=False, **options)
