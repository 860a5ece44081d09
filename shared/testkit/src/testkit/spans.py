"""A collector of traces on the loopback: takes OTLP over HTTP, keeps each span it is sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True, slots=True)
class Span:
    """Ids in hexadecimal; `parent` is empty where a trace begins."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: Mapping[str, str]
    links: tuple[str, ...]
    said: bytes
    """All of it, as it came."""


class SpanSink:
    def __init__(self) -> None:
        self.spans: list[Span] = []
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                sink.spans += _read(body)
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}/v1/traces"

    def of(self, trace: str) -> list[Span]:
        return [span for span in self.spans if span.trace == trace]

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def above(span: Span, spans: Iterable[Span]) -> list[str]:
    """Who caused it, nearest first, as `service: name`."""
    known = {each.id: each for each in spans}
    found = []
    while span.parent in known:
        span = known[span.parent]
        found.append(f"{span.service}: {span.name}")
    return found


def _read(body: bytes) -> list[Span]:
    return [
        Span(
            service=_values(of_service.resource.attributes)["service.name"],
            name=each.name,
            trace=each.trace_id.hex(),
            id=each.span_id.hex(),
            parent=each.parent_span_id.hex(),
            attributes=_values(each.attributes),
            links=tuple(link.span_id.hex() for link in each.links),
            said=each.SerializeToString(),
        )
        for of_service in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in of_service.scope_spans
        for each in scope.spans
    ]


def _values(attributes: Any) -> dict[str, str]:
    return {
        each.key: str(getattr(each.value, each.value.WhichOneof("value"))) for each in attributes
    }
