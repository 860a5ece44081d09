"""The W3C trace context of what is being done now, carried by every event that it causes."""

import re
import secrets
from contextvars import ContextVar

_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def started(header: str | None) -> str:
    """The caller's trace where it sent a well-formed one, else a new one."""
    if header is not None and _FORM.fullmatch(header):
        return f"{header[:36]}{secrets.token_hex(8)}-{header[-2:]}"
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
