"""One Apache Kafka node (broker and controller in one JVM) on the loopback, and topics on a broker.

Plaintext and alone: what a laptop needs. `cluster` is what production runs.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    NoError,
    TopicAlreadyExistsError,
    for_code,
)
from chassis.broker import Broker
from contracts.topics import TOPICS

from local_platform.kafka_node import Node
from local_platform.processes import free_ports

ALONE: Mapping[str, object] = {
    "node.id": 1,
    "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "default.replication.factor": 1,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    # After kill -9 the controller waits this long for the dead broker, which is itself.
    "broker.session.timeout.ms": 2000,
}


class Kafka(Node):
    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        free, self._controller_port = free_ports(2)
        super().__init__(folder, port=port or free, properties=self._settings)

    def broker(self, user: str) -> Broker:
        """As this user; in the clear all are one."""
        return Broker(self.address)

    @property
    def nodes(self) -> list[Node]:
        return [self]

    async def provide_topics(self) -> None:
        await create_topics(self.broker("admin"))

    def _settings(self) -> dict[str, object]:
        controller = f"127.0.0.1:{self._controller_port}"
        return {
            **ALONE,
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"BROKER://{self.address},CONTROLLER://{controller}",
        }


async def create_topics(broker: Broker) -> None:
    """Every topic of the registry, kept for ever; writable when it returns. Present ones stay."""
    admin = await open_admin(broker)
    try:
        wanted = [
            NewTopic(topic.name, topic.partitions, 1, topic_configs={"retention.ms": "-1"})
            for topic in TOPICS
        ]
        answer = await admin.create_topics(wanted, timeout_ms=30_000)
        for error in answer.to_object()["topic_errors"]:
            found = for_code(error["error_code"])
            if found not in (NoError, TopicAlreadyExistsError):
                raise found(error["topic"])
        await _until_led(admin, [topic.name for topic in wanted])
    finally:
        await admin.close()


async def delete_topics(broker: Broker, names: list[str]) -> None:
    """Returns when they are gone; one that is not there is fine."""
    admin = await open_admin(broker)
    try:
        await admin.delete_topics(names, timeout_ms=30_000)
        for _ in range(200):
            if not set(names) & set(await admin.list_topics()):
                return
            await asyncio.sleep(0.05)
        raise KafkaError("topics that do not go away")
    finally:
        await admin.close()


async def _until_led(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    for _ in range(200):
        found = await admin.describe_topics(names)
        if all(
            not each["error_code"] and all(p["leader"] >= 0 for p in each["partitions"])
            for each in found
        ):
            return
        await asyncio.sleep(0.05)
    raise KafkaError("topics without a leader")


async def open_admin(broker: Broker) -> AIOKafkaAdminClient:
    for _ in range(120):
        admin = AIOKafkaAdminClient(**broker.options(), request_timeout_ms=30_000)
        try:
            await admin.start()
        except KafkaConnectionError:
            await admin.close()
            await asyncio.sleep(0.25)
        else:
            return admin
    raise KafkaError(f"no broker at {broker.address}")
