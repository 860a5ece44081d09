"""How the simulator writes an instant in what it answers: UTC, with a Z."""

from datetime import UTC, datetime


def utc_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
