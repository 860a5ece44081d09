"""Where spans go: to standard error, or to an OTLP collector, by the service's settings.

Imported only where traces are on: the SDK takes its time and memory. Whether a trace is recorded
depends on its id alone, so that services with the same share decide alike and no caller decides.
"""

import atexit
import math
import sys
import time
from collections.abc import Sequence

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

from chassis import trace
from chassis.settings import ServiceSettings

_EXPORT_SECONDS = 3.0
"""Longest try for one batch, and how long a process that stops still begins new ones."""
_WAITING_SPANS = 8192
"""Beyond that spans are lost: the work itself never waits for a collector."""


def start(service: str, settings: ServiceSettings) -> None:
    otlp = settings.traces == "otlp"
    record(
        service,
        _collector(settings.traces_endpoint) if otlp else _console(),
        share=settings.traces_share,
    )


def record(service: str, to: SpanExporter, *, share: float = 1.0) -> TracerProvider:
    """Spans of this process from now on; those not sent yet leave at its end."""
    leaving = _Leaving(to)
    provider = TracerProvider(
        shutdown_on_exit=False,
        sampler=TraceIdRatioBased(share),
        resource=Resource({"service.name": service}),
        span_limits=SpanLimits(max_attribute_length=200),
    )
    provider.add_span_processor(
        BatchSpanProcessor(leaving, max_queue_size=_WAITING_SPANS, schedule_delay_millis=1000)
    )
    trace.recorder = provider.get_tracer("jonction")
    atexit.register(leaving.end, provider)
    return provider


class _Leaving(SpanExporter):
    """A collector that is away must not hold up the stop of a process by all that waits for it."""

    def __init__(self, to: SpanExporter) -> None:
        self._to, self._until = to, math.inf

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if time.monotonic() > self._until:
            return SpanExportResult.FAILURE
        return self._to.export(spans)

    def shutdown(self) -> None:
        self._to.shutdown()

    def end(self, provider: TracerProvider) -> None:
        self._until = time.monotonic() + _EXPORT_SECONDS
        provider.shutdown()


def _console() -> SpanExporter:
    return ConsoleSpanExporter(out=sys.stderr, formatter=_line)


def _line(span: ReadableSpan) -> str:
    return f"{span.to_json(indent=None)}\n"


def _collector(endpoint: str) -> SpanExporter:
    session = requests.Session()
    session.trust_env = False
    return OTLPSpanExporter(endpoint, timeout=_EXPORT_SECONDS, session=session)
