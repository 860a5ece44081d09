"""The span of a request: named by its route, and nothing that the caller wrote is in it."""

import httpx
import pytest
from chassis import trace, tracing
from chassis.app import create_app
from chassis.problems import Catalogue
from fastapi import APIRouter
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
NIR = "291086938799615"


def app():
    router = APIRouter()

    @router.get("/things/{thing}")
    async def things(thing: str) -> str | None:
        if thing == "bug":
            raise RuntimeError(NIR)
        return trace.current.get()

    return create_app(
        "matcher", production=False, routers=[router], problems=Catalogue.load(), readiness={}
    )


@pytest.fixture
async def ask():
    kept = InMemorySpanExporter()
    provider = tracing.record("matcher", kept)
    transport = httpx.ASGITransport(app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://matcher") as http:

        async def get(path, **headers):
            answer = await http.get(path, headers=headers)
            provider.force_flush()
            return answer, kept.get_finished_spans()

        yield get
    trace.recorder = None
    provider.shutdown()


async def test_a_request_is_a_span_of_its_callers_trace_and_named_by_its_route(ask):
    answer, [span] = await ask(f"/things/one?nir={NIR}", traceparent=CALLER)
    assert span.name == "GET /things/{thing}"
    assert f"{span.context.trace_id:032x}" == CALLER[3:35]
    assert answer.json()[36:52] == f"{span.context.span_id:016x}"
    assert NIR not in span.to_json()


async def test_the_callers_choice_not_to_sample_is_its_own(ask):
    answer, spans = await ask("/things/one", traceparent=CALLER)
    assert len(spans) == 1
    assert answer.json().endswith("-01")


async def test_an_address_that_is_no_route_is_not_told(ask):
    _, [span] = await ask(f"/{NIR}")
    assert span.name == "GET"
    assert NIR not in span.to_json()


async def test_a_bug_is_an_error_without_its_text(ask):
    _, [span] = await ask("/things/bug")
    assert span.status.description == "RuntimeError"
    assert NIR not in span.to_json()


@pytest.mark.parametrize("probe", ["/health", "/ready", "/metrics"])
async def test_probes_are_not_traced(ask, probe):
    _, spans = await ask(probe)
    assert not spans
