"""What the tests about the repository look at: its folders, its sources, its pages."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from local_platform.places import ROOT
from local_platform.services import SERVICES, package_of

SKIPPED = {".venv", ".git", ".tools", "var", "__pycache__", "node_modules"}


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def packages() -> dict[str, Path]:
    """Folder name of each service to its package's folder."""
    return {name: ROOT / "services" / name / "src" / package_of(name) for name in SERVICES}


@pytest.fixture(scope="session")
def sources() -> dict[Path, ast.Module]:
    """Every Python file of ours that runs in production, parsed."""
    files = [*ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("shared/*/src/**/*.py")]
    files += ROOT.glob("deploy/local/src/**/*.py")
    return {file: ast.parse(file.read_text()) for file in sorted(files)}


@pytest.fixture(scope="session")
def test_files() -> list[Path]:
    found = [*ROOT.glob("**/tests/**/*.py"), *ROOT.glob("shared/testkit/src/**/*.py")]
    return [file for file in found if not SKIPPED & set(file.relative_to(ROOT).parts)]


@pytest.fixture(scope="session")
def pages() -> list[Path]:
    """Every Markdown page of the repository."""
    found = ROOT.glob("**/*.md")
    return [page for page in found if not SKIPPED & set(page.relative_to(ROOT).parts)]


@pytest.fixture(scope="session")
def paths_in() -> Callable[[str], set[str]]:
    """What stands in backticks, or in a link, and looks like a path of this repository."""

    def find(text: str) -> set[str]:
        plain = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        quoted = re.findall(r"`([^`\s]+)`", plain)
        linked = re.findall(r"\]\(([^)\s]+)\)", plain)
        return {each for each in quoted if _is_path(each)} | {
            each.partition("#")[0] for each in linked if ":" not in each and each[0] != "#"
        }

    return find


def _is_path(quoted: str) -> bool:
    known = ("services/", "shared/", "deploy/", "docs/", "tests/", "bench/", "src/", "migrations/")
    return quoted.startswith(known) and not set(quoted) & set("<>*{}…")
