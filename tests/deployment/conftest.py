"""What the tests about deployment read: files of the repository, never a running platform."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from local_platform.places import ROOT

Json = dict[str, Any]
Script = Callable[[str], Json]


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
