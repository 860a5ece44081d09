"""Requests made up from our own OpenAPI: nothing breaks, and nothing undocumented comes back."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

BOUNDED = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
async def address(
    start: Callable[..., AbstractAsyncContextManager[Any]],
) -> AsyncIterator[tuple[str, str]]:
    async with start() as (http, _):
        yield str(http.base_url), http.headers["authorization"]


def test_made_up_requests_are_answered_as_documented(address: tuple[str, str]) -> None:
    url, bearer = address
    session = requests.Session()
    session.trust_env = False
    schema = schemathesis.openapi.from_dict(session.get(f"{url}/openapi.json").json())
    results: list[Any] = list(schema.get_all_operations())
    operations = [each.ok() for each in results]
    own = [each for each in operations if not each.path.startswith("/v1/operations")]
    assert len(own) == 6
    for operation in own:
        _try_out(operation, url, session, bearer)


def _try_out(operation: Any, url: str, session: requests.Session, bearer: str) -> None:
    @given(case=operation.as_strategy())
    @BOUNDED
    def answered(case: Any) -> None:
        headers = {} if operation.path == "/oauth/token" else {"Authorization": bearer}
        case.call_and_validate(base_url=url, session=session, headers=headers, checks=CHECKS)

    answered()
