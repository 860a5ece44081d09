"""Events as they cross a border: the envelope is CloudEvents, the schemas are those committed."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from contracts import topics
from contracts.envelope import compose, content_hash, decode
from contracts.events import BY_TYPE, EVENTS
from contracts.schemas import written

SCHEMAS = Path(__file__).parents[2] / "schemas"
STREAM = UUID("0193a9ae-0000-7000-8000-000000000001")


def row(version: int = 1, data: bytes = b'{"b": "x", "a": 1}') -> dict[str, object]:
    return {
        "topic": "declarations.v1",
        "source": "declaration-gateway",
        "type": "fr.jonction.declaration.submitted",
        "stream": STREAM,
        "version": version,
        "epoch": 1,
        "tenant": "fournil",
        "time": datetime(2026, 3, 2, 8, tzinfo=UTC),
        "traceparent": None,
        "data": data,
    }


def test_the_same_row_gives_the_same_bytes() -> None:
    assert compose(**row()).encode() == compose(**row()).encode()


def test_another_version_is_another_event() -> None:
    assert compose(**row(1)).id != compose(**row(2)).id


def test_a_reader_takes_what_a_writer_wrote_and_more() -> None:
    raw = json.loads(compose(**row()).encode()) | {"later": "attribute"}
    assert decode(json.dumps(raw).encode()) == compose(**row())


def test_the_content_hash_does_not_depend_on_the_order_of_fields() -> None:
    one = decode(compose(**row(data=b'{"a":1,"b":"x"}')).encode())
    other = decode(compose(**row(data=b'{"b":"x","a":1}')).encode())
    assert content_hash(one.data) == content_hash(other.data)
    assert content_hash(one.data) != content_hash({**one.data, "a": 2})


def test_the_cloudevents_sdk_reads_our_records() -> None:
    event = compose(**row())
    read = from_structured_event(
        KafkaMessage(
            headers={"content-type": b"application/cloudevents+json"},
            key=str(STREAM).encode(),
            value=event.encode(),
        )
    )
    assert read.get_id() == str(event.id)
    assert read.get_type() == event.type


@pytest.mark.parametrize("name", sorted(written()))
def test_the_committed_schema_is_the_code_s(name: str) -> None:
    assert (SCHEMAS / name).read_text("utf-8") == written()[name], "run make schemas"


def test_no_schema_is_left_over() -> None:
    assert {path.name for path in SCHEMAS.glob("*.json")} == set(written())


def test_each_event_has_a_topic_of_the_registry_and_its_own_type() -> None:
    names = {topic.name for topic in topics.TOPICS}
    assert {model.topic for model in EVENTS} == names
    assert len(BY_TYPE) == len(EVENTS)


def test_each_topic_has_a_writer_and_a_reader() -> None:
    assert all(topic.writers and topic.readers for topic in topics.TOPICS)
