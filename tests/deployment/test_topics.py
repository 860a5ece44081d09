"""Topics and rights on them, made by Kafka's own tools from the one registry.

The tools are stand-ins that write down how they are called: what they do is Kafka's business.
"""

import itertools
import os
import subprocess
from pathlib import Path
from typing import Any

from chassis.kafka import MAX_RECORD_BYTES
from contracts.topics import TOPICS, read_by, written_by

SERVICES = {service for topic in TOPICS for service in (*topic.writers, *topic.readers)}
TAKEN_BYTES = 1_048_588
STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
case "$*" in *--describe*) for topic in $TOPICS; do
  echo "Topic: $topic TopicId: x PartitionCount: ${PARTITIONS:-12} ReplicationFactor: 3"
done;; esac
"""


def _run(root: Path, folder: Path, script: str, **more: str) -> tuple[int, list[str], str]:
    for name in ("kafka-topics.sh", "kafka-acls.sh"):
        (folder / name).write_text(STAND_IN)
        (folder / name).chmod(0o755)
    calls = folder / "calls"
    calls.write_text("")
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "CALLS": str(calls),
        "KAFKA": "kafka:9",
        "TOPICS": " ".join(topic.name for topic in TOPICS),
    }
    done = subprocess.run(
        [root / "deploy/kafka" / script],
        env=environment | more,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, calls.read_text().splitlines(), done.stderr


def test_committed_table_is_the_registry(root: Path, script: Any) -> None:
    committed = (root / "deploy/kafka/topics.tsv").read_text()
    assert committed == script("deploy/kafka/write.py")["written"](), "run `make schemas`"


def test_every_topic_of_the_registry_is_made_once_and_kept_for_ever(
    root: Path, tmp_path: Path
) -> None:
    code, calls, _ = _run(root, tmp_path, "create-topics", REPLICATION="3", IN_SYNC="2")
    assert code == 0
    assert MAX_RECORD_BYTES < TAKEN_BYTES
    made = [call for call in calls if "--create" in call]
    assert made == [
        "kafka-topics.sh --bootstrap-server kafka:9 --create --if-not-exists "
        f"--topic {topic.name} --partitions {topic.partitions} --replication-factor 3 "
        "--config retention.ms=-1 --config min.insync.replicas=2 "
        f"--config max.message.bytes={TAKEN_BYTES}"
        for topic in TOPICS
    ]


def test_a_topic_with_other_partitions_is_refused_with_one_line(root: Path, tmp_path: Path) -> None:
    code, _, told = _run(root, tmp_path, "create-topics", PARTITIONS="24")
    assert code == 1
    assert told.count("\n") == 1
    assert "24 partitions instead of 12" in told


def test_each_service_may_write_its_topics_and_read_those_named_for_it(
    root: Path, tmp_path: Path
) -> None:
    code, calls, _ = _run(root, tmp_path, "grant-access", KAFKA_CLIENT="/etc/client.properties")
    assert code == 0
    assert all("--command-config /etc/client.properties" in call for call in calls)
    for service in SERVICES:
        own = [call.split() for call in calls if f"User:{service} " in call]
        (writing,) = [call for call in own if "Write" in call]
        assert _given(writing, "--topic") == {topic.name for topic in written_by(service)}
        assert _given(writing, "--group") == set()
        assert _given(writing, "--operation") == {"Write"}
        for reading in (call for call in own if call is not writing):
            assert _given(reading, "--topic") == {topic.name for topic in read_by(service)}
            assert _given(reading, "--group") == {service}
            assert _given(reading, "--operation") == {"Read"}
        assert len(own) == (2 if read_by(service) else 1)
    assert "*" not in "".join(calls)


def _given(call: list[str], option: str) -> set[str]:
    return {value for name, value in itertools.pairwise(call) if name == option}
