"""What each service is told: what it knows, and nothing of another's."""

import importlib
from pathlib import Path

import pytest
from chassis.settings import PREFIX, ServiceSettings
from local_platform.cluster import Cluster
from local_platform.environment import Surroundings, environment
from local_platform.kafka import Kafka
from local_platform.material import Material
from local_platform.ports import NAMES, choose_ports
from local_platform.postgres import Postgres
from local_platform.services import SERVICES, WITH_DATABASE, package_of


@pytest.fixture(params=[Kafka, Cluster])
def around(tmp_path: Path, material: Material, request: pytest.FixtureRequest) -> Surroundings:
    """Beside one node in the clear, and beside three that are guarded; none of them runs."""
    postgres = Postgres(tmp_path, port=5432)
    (tmp_path / "secret").write_bytes(b"secret")
    kafka = request.param(tmp_path / "kafka")
    return Surroundings(tmp_path, dict.fromkeys(NAMES, 1), material, postgres, kafka)


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_given_is_one_that_the_service_knows(
    service: str, around: Surroundings
) -> None:
    module = importlib.import_module(f"{package_of(service)}.settings")
    known = {
        f"{PREFIX}{field}".upper()
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, ServiceSettings)
        for field in each.model_fields
    }
    given = {name for name in environment(service, around) if name.startswith(PREFIX)}
    assert given <= known


def test_no_service_is_given_another_ones_database(around: Surroundings) -> None:
    for service in SERVICES:
        given = environment(service, around)
        assert "JONCTION_DATABASE_OWNER" not in given
        others = [package_of(name) for name in SERVICES if name != service]
        assert not any(f"/{name}" in given.get("JONCTION_DATABASE", "") for name in others)


def test_no_service_is_given_another_ones_kafka_password(
    tmp_path: Path, material: Material
) -> None:
    cluster = Cluster(tmp_path / "kafka")
    (tmp_path / "secret").write_bytes(b"secret")
    postgres = Postgres(tmp_path, port=5432)
    around = Surroundings(tmp_path, dict.fromkeys(NAMES, 1), material, postgres, cluster)
    given = {name: environment(name, around) for name in WITH_DATABASE}
    assert {name: each["JONCTION_KAFKA_USER"] for name, each in given.items()} == {
        name: name for name in WITH_DATABASE
    }
    assert len({each["JONCTION_KAFKA_PASSWORD"] for each in given.values()}) == len(given)


def test_kept_ports_stay_and_taken_ones_are_replaced(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = choose_ports(file, keep=True)
    assert choose_ports(file, keep=True) == first
    assert set(choose_ports(file, keep=False)) == set(NAMES)
