"""Every relation between what was applied of a stream and what comes."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from chassis.applying import judge
from chassis.positions import HeldRef, Stream
from contracts.envelope import compose, content_hash

STREAM = uuid4()
DATA = b'{"a": 1}'
HASH = content_hash({"a": 1})


@pytest.mark.parametrize(
    ("version", "epoch", "data", "verdict"),
    [
        (4, 1, DATA, "next"),
        (4, 2, DATA, "next"),
        (3, 1, DATA, "duplicate"),
        (3, 2, DATA, "duplicate"),
        (3, 1, b'{"a": 2}', "conflicting"),
        (3, 2, b'{"a": 2}', "conflicting"),
        (2, 1, b'{"a": 2}', "duplicate"),
        (2, 2, DATA, "conflicting"),
        (1, 1, DATA, "duplicate"),
        (5, 1, DATA, "early"),
        (6, 1, DATA, "duplicate"),
        (9, 1, DATA, "early"),
    ],
)
def test_versions_are_judged_against_what_was_applied(
    version: int, epoch: int, data: bytes, verdict: str
) -> None:
    stream = Stream(STREAM, version=3, epoch=1, payload_hash=HASH, held={6: HeldRef(1, 6, "early")})
    event = compose(
        topic="t.v1",
        source="probe",
        type="t",
        stream=STREAM,
        version=version,
        epoch=epoch,
        tenant="acme",
        time=datetime(2026, 3, 2, tzinfo=UTC),
        traceparent=None,
        data=data,
    )
    assert judge(stream, event, content_hash(event.data)) == verdict


def test_first_version_of_an_unknown_stream_is_next() -> None:
    event = compose(
        topic="t.v1",
        source="probe",
        type="t",
        stream=UUID(int=1),
        version=1,
        epoch=1,
        tenant="acme",
        time=datetime(2026, 3, 2, tzinfo=UTC),
        traceparent=None,
        data=DATA,
    )
    assert judge(Stream(UUID(int=1)), event, HASH) == "next"
