"""What the tests about deployment read: files of the repository, never a running platform."""

import runpy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from local_platform.places import ROOT

Json = dict[str, Any]
Script = Callable[[str], Json]
Tool = Callable[[str, str], str]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def compose(root: Path) -> Json:
    model: Json = yaml.safe_load((root / "docker-compose.yml").read_text())
    return model


@pytest.fixture(scope="session")
def script() -> Script:
    """The names of one of the scripts under `deploy/`, which are no packages."""

    def load(path: str) -> Json:
        return runpy.run_path(str(ROOT / path))

    return load


@pytest.fixture(scope="session")
def tool() -> Tool:
    """Path of a program; without it the test is skipped, and says what would bring it."""

    def find(name: str, package: str) -> str:
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"NOT TESTED, no {name} here: apt-get install -y {package}")
        return found

    return find
