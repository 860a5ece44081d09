"""Spans: what they belong to, what they say, and what is never in them."""

import pytest
from chassis import trace, tracing
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Recorded:
    def __init__(self, share=1.0):
        self._kept = InMemorySpanExporter()
        self._provider = tracing.record("a-service", self._kept, share=share)

    def spans(self):
        self._provider.force_flush()
        return {span.name: span for span in self._kept.get_finished_spans()}

    def end(self):
        trace.recorder = None
        self._provider.shutdown()


@pytest.fixture
def recorded():
    kept = Recorded()
    yield kept
    kept.end()


def _trace(span):
    return f"{span.context.trace_id:032x}"


def test_a_span_belongs_to_the_one_around_it_and_to_its_callers_trace(recorded):
    with trace.span("outer", parent=CALLER), trace.span("inner"):
        pass
    outer, inner = recorded.spans()["outer"], recorded.spans()["inner"]
    assert _trace(outer) == _trace(inner) == CALLER[3:35]
    assert f"{outer.parent.span_id:016x}" == CALLER[36:52]
    assert inner.parent.span_id == outer.context.span_id


def test_what_is_done_inside_a_span_is_told_to_belong_to_it(recorded):
    with trace.span("outer", parent=CALLER):
        told = trace.current.get()
    span = recorded.spans()["outer"]
    assert told == f"00-{_trace(span)}-{span.context.span_id:016x}-01"
    assert trace.current.get() is None


def test_without_a_parent_a_trace_begins(recorded):
    with trace.span("alone"):
        pass
    assert recorded.spans()["alone"].parent is None


def test_work_for_another_trace_is_linked_to_what_caused_it(recorded):
    with trace.span("slip", parent=OTHER), trace.span("case", parent=trace.rejoin(CALLER)):
        pass
    slip, case = recorded.spans()["slip"], recorded.spans()["case"]
    assert _trace(case) == CALLER[3:35]
    assert [link.context.span_id for link in case.links] == [slip.context.span_id]


def test_work_of_the_same_trace_stays_below_what_caused_it(recorded):
    with trace.span("answer", parent=CALLER), trace.span("case", parent=trace.rejoin(CALLER)):
        pass
    answer, case = recorded.spans()["answer"], recorded.spans()["case"]
    assert case.parent.span_id == answer.context.span_id
    assert not case.links


def test_a_failure_is_told_by_its_class_alone(recorded):
    def fail():
        with trace.span("fails"):
            raise ValueError("291086938799615 Marchetti")

    with pytest.raises(ValueError, match="Marchetti"):
        fail()
    span = recorded.spans()["fails"]
    assert span.status.description == "ValueError"
    assert not span.events
    assert "Marchetti" not in span.to_json()


def test_a_malformed_parent_is_no_parent(recorded):
    with trace.span("alone", parent="00-zz"):
        pass
    assert recorded.spans()["alone"].parent is None


def test_a_share_of_none_records_nothing_and_hands_the_trace_on():
    kept = Recorded(share=0.0)
    try:
        with trace.span("outer", parent=CALLER):
            told = trace.current.get()
        assert kept.spans() == {}
        assert told is not None
        assert told[3:35] == CALLER[3:35]
        assert told.endswith("-00")
    finally:
        kept.end()


def test_switched_off_a_span_only_hands_its_parent_on():
    with trace.span("outer", parent=CALLER) as span, trace.span("inner"):
        assert trace.current.get() == CALLER
    assert not span.is_recording()
    assert trace.current.get() is None
