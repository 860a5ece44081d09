"""What each service is told: its own `JONCTION_*` settings and nothing of another's."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chassis.broker import Broker

from local_platform.cluster import Cluster
from local_platform.kafka import Kafka
from local_platform.material import Material
from local_platform.postgres import Postgres
from local_platform.services import WITH_DATABASE, package_of

# Enough for an interpreter to start; the starter's own settings and secrets stay with it.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH")


@dataclass(frozen=True)
class Surroundings:
    folder: Path
    ports: Mapping[str, int]
    material: Material
    postgres: Postgres
    kafka: Kafka | Cluster

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"


def environment(service: str, around: Surroundings) -> dict[str, str]:
    own = _OWN.get(service)
    settings = {
        "mode": "demo",
        "port": around.ports[service],
        "log_level": "INFO",
        **_mechanisms(service, around),
        **(own(around) if own else {}),
    }
    return variables(settings)


def variables(settings: Mapping[str, object]) -> dict[str, str]:
    """A process is started with these settings, and hardly anything of our own environment."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return passed | {f"JONCTION_{name.upper()}": str(value) for name, value in settings.items()}


def _mechanisms(service: str, around: Surroundings) -> dict[str, object]:
    settings: dict[str, object] = {
        "clock": f"{around.url('cpam-simulator')}/clock",
        "directory": around.material.directory,
        "keys": around.material.keys(service),
    }
    if service in WITH_DATABASE:
        package = package_of(service)
        settings["database"] = around.postgres.url(package, package)
        settings |= kafka_settings(around.kafka.broker(service))
    return settings


def kafka_settings(broker: Broker) -> dict[str, object]:
    if broker.authority is None:
        return {"kafka": broker.address}
    return {
        "kafka": broker.address,
        "kafka_user": broker.user,
        "kafka_password": broker.password,
        "kafka_ca": broker.authority,
    }


def _simulator(around: Surroundings) -> dict[str, object]:
    return {"store": around.folder / "simulator" / "simulator.sqlite"}


def _adapter(around: Surroundings) -> dict[str, object]:
    return {
        "cpam_url": f"{around.url('cpam-simulator')}/teledeclaration",
        "submit_poll_seconds": 0.15,
        "answers_poll_seconds": 0.2,
        # The simulator answers at once; what a killed process held is free again after the lease.
        "request_seconds": 3,
        "lease_seconds": 15,
        "backoff_first_seconds": 0.5,
        "backoff_longest_seconds": 5,
    }


def _collector(around: Surroundings) -> dict[str, object]:
    return {"cpam": around.url("cpam-simulator"), "slips_poll_seconds": 0.2}


def _matcher(_: Surroundings) -> dict[str, object]:
    return {"deadline_poll_seconds": 0.2}


def _notifier(around: Surroundings) -> dict[str, object]:
    return {
        "smtp_port": around.ports["smtp"],
        "smtp_tls": "off",
        "console_url": around.url("ops-console"),
        "mail_poll_seconds": 0.2,
    }


def _console(around: Surroundings) -> dict[str, object]:
    asked = {
        "gateway_url": "declaration-gateway",
        "adapter_url": "cpam-adapter",
        "collector_url": "bpij-collector",
        "matcher_url": "matcher",
        "feed_url": "event-feed",
        "notifier_url": "notifier",
    }
    urls = {setting: around.url(service) for setting, service in asked.items()}
    return {**urls, "client_secret": around.material.secret("ops-console")}


_OWN: dict[str, Callable[[Surroundings], dict[str, object]]] = {
    "cpam-simulator": _simulator,
    "cpam-adapter": _adapter,
    "bpij-collector": _collector,
    "matcher": _matcher,
    "notifier": _notifier,
    "ops-console": _console,
}
