"""What the tests about deployment read: files of the repository, never a running platform."""

from pathlib import Path

import pytest
from local_platform.places import ROOT


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
