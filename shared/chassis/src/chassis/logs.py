"""One JSON line a record; nothing that looks like a NIR, an IBAN or an e-mail can leave.

Messages are constants, facts are named fields. Chatty libraries are capped: zeep prints whole
envelopes at DEBUG, httpx prints addresses.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

from chassis import trace

_CAPPED = (
    "zeep",
    "httpx",
    "httpcore",
    "aiokafka",
    "kafka",
    "sqlalchemy",
    "asyncio",
    "uvicorn",
    "urllib3",
)
_NIR = re.compile(
    r"(?<![0-9A-Za-z-])[1-478](?:[ .]?[0-9]){4}[ .]?(?:[0-9]{2}|2[ABab])"
    r"(?:[ .]?[0-9]){6}(?:[ .]?[0-9]{2})?(?![0-9A-Za-z-])"
)
_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?:[ ]?[0-9A-Z]{4}){3,7}(?:[ ]?[0-9A-Z]{1,4})?\b")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def scrub(text: str) -> str:
    """Stars in place of anything shaped like a person's number, account or address."""
    return _MAIL.sub("***", _IBAN.sub("***", _NIR.sub("***", text)))


def _scrub_value(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {key: _scrub_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scrub_value(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrub(str(value))


def _traced(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if (traceparent := trace.current.get()) is not None:
        event["trace"] = traceparent[3:35]
    return event


def _scrubbed(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return {key: _scrub_value(value) for key, value in event.items()}


def _where(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception is told by its class and the places it passed, not by its text: texts quote
    input.
    """
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    if isinstance(raised, BaseException):
        raised = (type(raised), raised, raised.__traceback__)
    if raised and raised[0] is not None:
        event["error"] = raised[0].__name__
        event["where"] = _places(raised[2])
    return event


def _places(traceback: Any) -> list[str]:
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return places[-6:]


class _ToStructlog(logging.Handler):
    """What libraries log through `logging` takes the same road; exceptions without their text."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(
            record.levelno, record.getMessage(), exc_info=record.exc_info
        )


class _Lines:
    """Writes to whatever stderr is at that moment: a redirected one gets the next line."""

    def __init__(self, *_: Any) -> None: ...

    def msg(self, line: str) -> None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    log = debug = info = warning = error = critical = msg


def configure(service: str, level: str) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _traced,
            _where,
            _scrubbed,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=_Lines,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(handlers=[_ToStructlog()], level=logging.getLevelName(level), force=True)
    for name in _CAPPED:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Each try for a collector that is away is a warning; that a batch is lost is an error.
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)


def _dumps(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()
