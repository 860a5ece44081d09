"""The W3C trace context of what is being done now, carried by every event and call that it causes.

A flow says `with trace.span("prepare", ...)`; whether spans are recorded, and where they go, is
decided once by `chassis.tracing`. Without that a span only hands its parent on.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

__all__ = [
    "NOTHING",
    "Span",
    "SpanKind",
    "Status",
    "StatusCode",
    "current",
    "recorder",
    "rejoin",
    "span",
    "started",
]

_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
NOTHING = INVALID_SPAN
"""A span that is not recorded."""
current: ContextVar[str | None] = ContextVar("traceparent", default=None)
recorder: otel.Tracer | None = None
"""Set by `chassis.tracing`; None means that spans are not recorded."""


def started(header: str | None) -> str | None:
    """The caller's trace where it sent a well-formed one, else a new one; None: the span about to
    be recorded begins it."""
    if header is not None and _FORM.fullmatch(header):
        return header
    return None if recorder is not None else f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def rejoin(traceparent: str | None) -> str | None:
    """What is being done now if it is of this trace, else this trace: work that is done for many
    at once goes on, for each of them, in that one's own trace."""
    here = current.get()
    if traceparent is None or (here is not None and here[3:35] == traceparent[3:35]):
        return here
    return traceparent


def span(
    name: str,
    *,
    parent: str | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
    start_ns: int | None = None,
    **ids: object,
) -> AbstractContextManager[Span]:
    """Events written and calls made inside belong to it. Without `parent` it is part of what is
    being done now. `ids` are ids, counts and words of ours: never what a person is known by."""
    cause = current.get()
    parent = parent if parent is not None and _FORM.fullmatch(parent) else cause
    if recorder is None:
        return _HandedOn(parent)
    # What set this off is told where it belongs to another trace.
    links = [Link(_context(cause))] if cause and parent and cause[3:35] != parent[3:35] else []
    said = {key: _said(each) for key, each in ids.items()}
    return _recorded(recorder.start_span(name, _parent(parent), kind, said, links, start_ns))


class _HandedOn:
    """Not recorded, on the hot path: only the parent is known inside."""

    __slots__ = ("_parent", "_token")

    def __init__(self, parent: str | None) -> None:
        self._parent = parent

    def __enter__(self) -> Span:
        self._token = current.set(self._parent)
        return NOTHING

    def __exit__(self, *_: object) -> None:
        current.reset(self._token)


@contextmanager
def _recorded(span: Span) -> Iterator[Span]:
    token = current.set(_traceparent(span))
    try:
        yield span
    except BaseException as error:
        # Its class only: texts quote what they were given.
        span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        raise
    finally:
        current.reset(token)
        span.end()


def _said(value: object) -> str | int | bool:
    return value if isinstance(value, bool | int) else str(value)


def _parent(traceparent: str | None) -> Context:
    above = NOTHING if traceparent is None else NonRecordingSpan(_context(traceparent))
    return otel.set_span_in_context(above)


def _context(traceparent: str) -> SpanContext:
    return SpanContext(
        int(traceparent[3:35], 16),
        int(traceparent[36:52], 16),
        is_remote=True,
        trace_flags=TraceFlags(int(traceparent[53:55], 16)),
    )


def _traceparent(recorded: Span) -> str:
    known = recorded.get_span_context()
    return f"00-{known.trace_id:032x}-{known.span_id:016x}-{known.trace_flags:02x}"
