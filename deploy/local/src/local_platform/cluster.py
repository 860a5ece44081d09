"""Three Apache Kafka nodes on the loopback as production has them: copies, TLS, passwords, rights.

Clients come over TLS with a name and a password (SCRAM-SHA-512). Nodes know each other by their
certificates, as brokers and as controllers: a password would have to be looked up in the very log
that they cannot read before they know each other. Topics and rights are made by the scripts that
Kubernetes runs, with Kafka's own commands.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from chassis.broker import Broker

from local_platform.certificates import Authority
from local_platform.failure import PlatformFailed
from local_platform.kafka_node import Node, java, new_cluster_id
from local_platform.places import ROOT
from local_platform.processes import free_ports
from local_platform.services import WITH_DATABASE

COPIES, IN_SYNC = 3, 2
ADMIN = "admin"
COMMANDS = {
    "kafka-topics.sh": "org.apache.kafka.tools.TopicCommand",
    "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
    "kafka-consumer-groups.sh": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
}
SECURED: Mapping[str, object] = {
    "listener.security.protocol.map": "CLIENTS:SASL_SSL,BROKER:SSL,CONTROLLER:SSL",
    "sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.clients.scram-sha-512.sasl.jaas.config": (
        "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    ),
    "listener.name.broker.ssl.client.auth": "required",
    "listener.name.controller.ssl.client.auth": "required",
    "ssl.principal.mapping.rules": "RULE:^CN=(node)-[0-9]+$/$1/,DEFAULT",
    "ssl.keystore.type": "PEM",
    "ssl.truststore.type": "PEM",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "false",
    "super.users": f"User:{ADMIN};User:node",
}
COPIED: Mapping[str, object] = {
    "default.replication.factor": COPIES,
    "min.insync.replicas": IN_SYNC,
    "offsets.topic.replication.factor": COPIES,
    "transaction.state.log.replication.factor": COPIES,
    "transaction.state.log.min.isr": IN_SYNC,
    "share.coordinator.state.topic.replication.factor": COPIES,
    "share.coordinator.state.topic.min.isr": IN_SYNC,
    # Default 9000: after this a dead node's partitions get another leader.
    "broker.session.timeout.ms": 3000,
}


class Cluster:
    def __init__(self, folder: Path, *, users: Iterable[str] = ()) -> None:
        """`users` come beside the services and `admin`; all get their passwords here."""
        self.folder = folder
        self.authority = Authority(folder / "ca.pem")
        self._passwords = {
            user: secrets.token_urlsafe(24) for user in (ADMIN, *WITH_DATABASE, *users)
        }
        ports = free_ports(3 * COPIES)
        self._inner = {n: ports[3 * n - 2 : 3 * n] for n in range(1, COPIES + 1)}
        cluster_id = new_cluster_id()
        scram = [
            f"--add-scram=SCRAM-SHA-512=[name={user},password={password}]"
            for user, password in self._passwords.items()
        ]
        self.nodes = [
            Node(
                folder / f"node-{number}",
                port=ports[3 * number - 3],
                properties=lambda number=number: self._settings(number),  # type: ignore[misc]
                cluster_id=cluster_id,
                format_with=scram,
            )
            for number in range(1, COPIES + 1)
        ]

    @property
    def address(self) -> str:
        return ",".join(node.address for node in self.nodes)

    def broker(self, user: str) -> Broker:
        return Broker(self.address, user, self._passwords[user], self.authority.file)

    def start(self) -> None:
        """All three listen when it returns. Call it from the main thread."""
        self.prepare()
        self.launch()
        self.wait()

    def prepare(self) -> None:
        """Certificates, and three formatted data folders, at once."""
        for number, node in enumerate(self.nodes, 1):
            if not node.folder.exists():
                node.folder.mkdir()
                self.authority.give(f"node-{number}", node.folder / "node.pem")
                self.certify(number)
        with ThreadPoolExecutor(COPIES) as pool:
            list(pool.map(Node.prepare, self.nodes))
        self._write_commands()

    def launch(self) -> None:
        for node in self.nodes:
            if not node.runs:
                node.launch()

    def wait(self) -> None:
        for node in self.nodes:
            node.wait()

    def stop(self) -> None:
        """At once: the last one alone would wait for a majority that does not come back."""
        for node in self.nodes:
            node.wake()
            if node.process is not None:
                node.process.terminate()
        for node in self.nodes:
            node.stop()

    def kill(self) -> None:
        for node in self.nodes:
            node.kill()

    def wipe(self) -> None:
        for node in self.nodes:
            node.wipe()

    def certify(self, number: int, *, until: datetime | None = None) -> None:
        """Another certificate towards clients; the node shows it when it starts again."""
        file = self.nodes[number - 1].folder / "clients.pem"
        self.authority.give(f"node-{number}", file, until=until)

    async def provide_topics(self) -> None:
        """Every topic of the registry and the rights on them, as in Kubernetes."""
        for script in ("create-topics", "grant-access"):
            command = [ROOT / "deploy" / "kafka" / script]
            await asyncio.to_thread(self.run, command, REPLICATION=COPIES, IN_SYNC=IN_SYNC)

    def command(self, name: str, *arguments: str) -> str:
        """One of Kafka's own commands, as the administrator; what it prints."""
        client = ["--bootstrap-server", self.address, "--command-config", str(self._client)]
        return self.run([self._bin / name, *client, *arguments])

    def run(self, command: Sequence[str | Path], **variables: object) -> str:
        environment = {
            "PATH": f"{self._bin}:{os.environ['PATH']}",
            "KAFKA": self.address,
            "KAFKA_CLIENT": str(self._client),
            **{name: str(value) for name, value in variables.items()},
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            told = (done.stderr or done.stdout).strip() or "no word"
            raise PlatformFailed(f"{Path(command[0]).name}: {told.splitlines()[0]}")
        return done.stdout

    @property
    def _bin(self) -> Path:
        return self.folder / "bin"

    @property
    def _client(self) -> Path:
        return self.folder / "client.properties"

    def _settings(self, number: int) -> dict[str, object]:
        broker, controller = self._inner[number]
        folder = self.nodes[number - 1].folder
        listeners = {
            "CLIENTS": self.nodes[number - 1].port,
            "BROKER": broker,
            "CONTROLLER": controller,
        }
        voters = [f"{n}@127.0.0.1:{inner[1]}" for n, inner in self._inner.items()]
        return {
            **SECURED,
            **COPIED,
            "node.id": number,
            "controller.quorum.voters": ",".join(voters),
            "listeners": ",".join(f"{n}://127.0.0.1:{port}" for n, port in listeners.items()),
            "ssl.keystore.location": folder / "node.pem",
            "listener.name.clients.ssl.keystore.location": folder / "clients.pem",
            "listener.name.clients.ssl.keystore.type": "PEM",
            "ssl.truststore.location": self.authority.file,
        }

    def _write_commands(self) -> None:
        login = "org.apache.kafka.common.security.scram.ScramLoginModule required"
        admin = f'{login} username="{ADMIN}" password="{self._passwords[ADMIN]}";'
        lines = {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.jaas.config": admin,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.authority.file,
        }
        self._client.touch(mode=0o600)
        self._client.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        self._bin.mkdir(exist_ok=True)
        for name, main in COMMANDS.items():
            file = self._bin / name
            file.write_text(f'#!/bin/sh\nexec {" ".join(java())} {main} "$@"\n')
            file.chmod(0o755)
