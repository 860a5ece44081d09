"""A topic without a writer or a reader does not exist, and what is written is read by its types."""

import ast
from pathlib import Path

from contracts.events import EVENTS
from contracts.topics import TOPICS


def test_every_topic_has_a_writer_and_a_reader() -> None:
    for topic in TOPICS:
        assert topic.writers, topic.name
        assert topic.readers, topic.name


def test_every_event_is_made_by_a_writer_of_its_topic(packages: dict[str, Path]) -> None:
    writers = {topic.name: topic.writers for topic in TOPICS}
    for model in EVENTS:
        if model.topic == "incidents.v1":
            continue  # the chassis writes them, for every service
        makers = [name for name in writers[model.topic] if model.__name__ in _names(packages[name])]
        assert makers, f"{model.__name__} is never made"


def test_readers_of_a_topic_have_a_door_for_events(packages: dict[str, Path]) -> None:
    for topic in TOPICS:
        for reader in topic.readers:
            doors = packages[reader] / "consumers.py"
            assert doors.exists(), f"{reader} reads {topic.name} and has no consumers.py"


def test_no_service_reads_a_topic_that_it_is_not_listed_for(packages: dict[str, Path]) -> None:
    # Its own it reads when its database was restored.
    readers = {topic.name: (*topic.readers, *topic.writers) for topic in TOPICS}
    for service, package in packages.items():
        doors = package / "consumers.py"
        if not doors.exists():
            continue
        named = {
            node.id for node in ast.walk(ast.parse(doors.read_text())) if isinstance(node, ast.Name)
        }
        for model in EVENTS:
            if model.__name__ in named:
                assert service in readers[model.topic], f"{service}: {model.__name__}"


def _names(package: Path) -> set[str]:
    return {
        node.id
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Name)
    }
