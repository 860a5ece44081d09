"""docker-compose.yml resolves, has every service, starts in order, and holds no secret."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from local_platform.material import ISSUES_TOKENS, MAKES_PERSON_REFS, SEES_PERSONS
from local_platform.services import SERVICES, WITH_DATABASE

Json = dict[str, Any]
ONCE = {"databases", "topics", *(f"migrate-{name}" for name in WITH_DATABASE)}
BESIDE = {"postgres", "kafka", "mailpit", "prometheus", "grafana"}
KEYS = {"token.key": ISSUES_TOKENS, "data.key": SEES_PERSONS, "person.key": MAKES_PERSON_REFS}


def test_compose_resolves_the_model(tool: Any, root: Path) -> None:
    command = [tool("docker-compose", "docker-compose"), "config", "--quiet"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_service_is_there_and_nothing_unknown(compose: Json) -> None:
    assert set(compose["services"]) == {*SERVICES, *ONCE, *BESIDE}


def test_images_are_pinned_to_a_version(compose: Json) -> None:
    for name, service in compose["services"].items():
        _, _, tag = service["image"].partition(":")
        assert re.match(r"v?\d+\.\d", tag), f"{name}: {service['image']}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_runs_its_own_image_without_privileges(compose: Json, name: str) -> None:
    service = compose["services"][name]
    assert service["build"]["args"] == {"SERVICE": name}
    assert service["image"].startswith(f"jonction/{name}:")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", WITH_DATABASE)
def test_a_service_starts_after_its_migration_and_the_topics(compose: Json, name: str) -> None:
    waits = compose["services"][name]["depends_on"]
    done = {"condition": "service_completed_successfully"}
    assert waits[f"migrate-{name}"] == done
    assert waits["topics"] == done
    migration = compose["services"][f"migrate-{name}"]
    assert migration["depends_on"] == {"databases": done}
    assert migration["image"] == compose["services"][name]["image"]


def test_who_is_waited_for_says_when_it_is_healthy(compose: Json) -> None:
    for name, service in compose["services"].items():
        for awaited, how in service.get("depends_on", {}).items():
            told = compose["services"][awaited]
            if how["condition"] == "service_healthy":
                # Our images bring their own check.
                assert "healthcheck" in told or awaited in SERVICES, f"{name} waits for {awaited}"
            else:
                assert awaited in ONCE


def test_no_secret_stands_in_the_file(compose: Json, root: Path) -> None:
    assert not re.search(r"postgresql(\+asyncpg)?://", (root / "docker-compose.yml").read_text())
    for name, service in compose["services"].items():
        for setting, value in (service.get("environment") or {}).items():
            told = re.search(r"PASSWORD|SECRET|TOKEN|DATABASE(_OWNER)?$", setting)
            is_file = str(value).startswith("/run/secrets/") or setting == "MP_DATABASE"
            assert not told or is_file, f"{name}: {setting}"
    for name, secret in compose["secrets"].items():
        assert set(secret) == {"file"}, name


def test_every_secret_is_made_by_the_script(compose: Json, script: Any, tmp_path: Path) -> None:
    make = script("deploy/docker/make_secrets.py")["make_secrets"]
    make(tmp_path / "secrets")
    wanted = {
        secret["file"].removeprefix("./deploy/docker/") for secret in compose["secrets"].values()
    }
    assert [file for file in sorted(wanted) if not (tmp_path / file).is_file()] == []
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    make(tmp_path / "secrets")
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_given_the_keys_that_it_may_hold_and_no_others(
    compose: Json, name: str
) -> None:
    targets = {secret["target"] for secret in compose["services"][name]["secrets"]}
    held = {target.rpartition("/")[2] for target in targets if "/keys/" in target}
    assert held == {"jwks.json", *(key for key, holders in KEYS.items() if name in holders)}
    owners = [secret for secret in targets if "owner" in secret]
    assert owners == []


def test_what_is_kept_lies_in_named_volumes(compose: Json) -> None:
    kept = set(compose["volumes"])
    mounted = {
        volume.partition(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith("./")
    }
    assert mounted == kept
    assert {"postgres", "kafka", "simulator"} <= kept


def test_mounted_files_exist(compose: Json, root: Path) -> None:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source, _, rest = volume.partition(":")
            if source.startswith("./"):
                assert (root / source).exists(), f"{name}: {source}"
                assert rest.endswith(":ro"), f"{name}: {source}"


def test_ports_are_open_on_the_loopback_only(compose: Json) -> None:
    for name, service in compose["services"].items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), f"{name}: {port}"


def test_the_console_without_login_stays_on_the_loopback(compose: Json) -> None:
    console = compose["services"]["ops-console"]
    assert console["network_mode"] == "host"
    assert "JONCTION_HOST" not in console["environment"]


@pytest.mark.parametrize("name", SERVICES)
def test_settings_named_in_compose_are_known_to_the_service(
    compose: Json, script: Any, name: str
) -> None:
    known = script("deploy/docker/write.py")["settings_of"](name).model_fields
    told = {setting.lower() for setting in compose["services"][name]["environment"]}
    told |= {
        secret["target"]
        for secret in compose["services"][name]["secrets"]
        if "/" not in secret["target"]
    }
    assert {setting.removeprefix("jonction_") for setting in told} <= set(known)
    assert compose["services"][name]["environment"]["JONCTION_MODE"] == "demo"
