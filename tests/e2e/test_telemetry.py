"""What an operator sees of one running platform: the path of one declaration."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from chassis import trace
from contracts.events import (
    CaseOverdue,
    DeclarationSubmitted,
    StatementReceived,
    SubmissionAnswered,
)
from local_platform.demo import play_story
from local_platform.story import Story, read_stories
from local_platform.supervisor import Platform
from testkit.spans import Span, SpanSink

Json = dict[str, Any]
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
STORY = "07-cpam-silent"
SAID = {
    "http.route",
    "http.response.status_code",
    "topic",
    "partition",
    "offset",
    "stream",
    "declaration",
    "revision",
    "submission",
    "case",
    "slip",
    "mail",
    "attempt",
    "outcome",
    "sent",
    "verdict",
    "news",
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]


@dataclass(frozen=True)
class Watched:
    platform: Platform
    sink: SpanSink
    story: Story
    ledger: Json

    @property
    def path(self) -> list[Span]:
        return self.sink.of(CALLER[3:35])


@pytest.fixture(scope="module")
def sink() -> Iterator[SpanSink]:
    with SpanSink() as sink:
        yield sink


@pytest.fixture(scope="module")
async def watched(start_platform: Any, read_ledger: Any, sink: SpanSink) -> AsyncIterator[Watched]:
    """One declaration, answered late and paid, sent by an HRIS that traces what it does."""
    [story] = read_stories(only=(STORY,))
    settings = {"JONCTION_TRACES": "otlp", "JONCTION_TRACES_ENDPOINT": sink.endpoint}
    async with start_platform(**settings) as platform:
        token = trace.current.set(CALLER)
        await play_story(platform, [story], time.monotonic())
        trace.current.reset(token)
        watched = Watched(platform, sink, story, await read_ledger(platform))
        await until(lambda: any(span.name == "mail" for span in watched.path))
        await until(lambda: not orphans(watched.path))
        yield watched


async def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        await asyncio.sleep(0.1)


def orphans(spans: list[Span]) -> list[Span]:
    """Spans whose parent nobody has told of, the caller's own apart."""
    known = {span.id for span in spans} | {CALLER[36:52]}
    return [span for span in spans if span.parent not in known]


def above(span: Span, spans: list[Span]) -> list[str]:
    """Who caused it, nearest first, as `service: name`."""
    known = {each.id: each for each in spans}
    found = []
    while span.parent in known:
        span = known[span.parent]
        found.append(f"{span.service}: {span.name}")
    return found


def test_one_declaration_is_one_tree_through_all_services(watched: Watched) -> None:
    through = {"declaration-gateway", "cpam-adapter", "matcher", "event-feed", "notifier"}
    assert {span.service for span in watched.path} == through
    assert not orphans(watched.path)
    roots = [span.name for span in watched.path if span.parent == CALLER[36:52]]
    assert "POST /v1/declarations" in roots


def test_the_cpam_is_told_the_trace_of_the_deposit(watched: Watched) -> None:
    [sent] = [span for span in watched.path if span.name == "CPAM DeposerDeclarations"]
    [call] = [one for one in watched.ledger["calls"] if one["operation"] == "DeposerDeclarations"]
    assert call["traceparent"] == f"00-{sent.trace}-{sent.id}-01"


def test_an_answer_days_later_belongs_to_the_request_that_it_answers(watched: Watched) -> None:
    kept = f"apply {SubmissionAnswered.type}"
    for reader in ("declaration-gateway", "matcher", "event-feed"):
        [span] = [each for each in watched.path if (each.service, each.name) == (reader, kept)]
        assert above(span, watched.path) == [
            "cpam-adapter: answer",
            f"cpam-adapter: apply {DeclarationSubmitted.type}",
            "declaration-gateway: store",
            "declaration-gateway: POST /v1/declarations",
        ]


def test_an_alert_that_the_clock_raised_belongs_to_its_declaration(watched: Watched) -> None:
    causes = [above(span, watched.path) for span in watched.path if span.name == "mail"]
    start = [f"notifier: apply {CaseOverdue.type}", "matcher: tell case"]
    assert start in [cause[:2] for cause in causes]
    assert {cause[-1] for cause in causes} == {"declaration-gateway: POST /v1/declarations"}


def test_a_payment_is_told_in_the_declarations_trace_and_linked_to_its_slip(
    watched: Watched,
) -> None:
    [told] = [span for span in watched.path if "matched" in span.attributes.get("news", "")]
    [cause] = [span for span in watched.sink.spans if span.id in told.links]
    assert (cause.service, cause.name) == ("matcher", f"apply {StatementReceived.type}")
    assert above(cause, watched.sink.of(cause.trace)) == ["bpij-collector: read slip"]


def test_spans_say_ids_and_nothing_about_a_person(watched: Watched) -> None:
    said = b"".join(span.said for span in watched.sink.spans)
    for canary in canaries(watched.story.requests[0].body):
        assert canary.encode() not in said, canary
    names = {name for span in watched.sink.spans for name in span.attributes}
    assert names <= SAID


def canaries(body: Json) -> set[str]:
    employee, subrogation = body["employee"], body["subrogation"]
    gross = {month["gross"] for month in body["pay"]["months"]}
    nir = employee["nir"]
    return gross | {nir, nir[:13], employee["family_name"], subrogation["iban"]}
