"""The locks name what is installed and never where it comes from."""

import subprocess
from pathlib import Path

from contracts import schemas
from local_platform.lock_check import LOCKS, entries


def test_locks_hold_no_address(root: Path) -> None:
    for name in LOCKS:
        assert "://" not in (root / name).read_text(), name


def test_every_locked_package_has_a_hash(root: Path) -> None:
    for name, hashes in entries((root / "requirements.lock").read_text()).items():
        assert hashes, name


def test_uv_lock_is_not_committed(root: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert "uv.lock" not in listed
    assert [name for name in listed if name.startswith(("var/", ".venv/", ".tools/"))] == []


def test_committed_schemas_are_those_of_the_models(root: Path) -> None:
    folder = root / "shared/contracts/schemas"
    committed = {file.name: file.read_text("utf-8") for file in folder.glob("*.json")}
    assert committed == schemas.written()
