"""Every service has the same rooms, and imports run one way."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOMS = {"routes", "consumers", "schedules", "flows", "partner", "store", "domain"}
COMPOSITION = {"__init__", "__main__", "wiring", "settings"}
HEADINGS = [
    "What comes in",
    "What goes out",
    "Tables",
    "Flows",
    "When it fails",
    "Run it alone",
]
# The simulated CPAM is no service of ours: where others have a partner, it has the contract
# and a front that can break the wire.
EXTRA_ROOMS = {"cpam-simulator": {"contract", "front"}, "ops-console": {"static", "templates"}}
VAGUE = {"utils", "helpers", "common", "base", "manager", "service", "types"}


def test_import_rules_hold(root: Path) -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


def test_services_have_no_other_rooms(packages: dict[str, Path]) -> None:
    for service, package in packages.items():
        rooms = {each.stem for each in package.iterdir() if each.suffix == ".py"}
        rooms |= {each.name for each in package.iterdir() if each.is_dir()}
        allowed = ROOMS | COMPOSITION | EXTRA_ROOMS.get(service, set()) | {"__pycache__"}
        assert rooms <= allowed, f"{service}: {rooms - allowed}"
        assert rooms >= COMPOSITION, f"{service}: {COMPOSITION - rooms}"


def test_each_flow_is_one_verb_with_one_public_function_of_that_name(
    sources: dict[Path, ast.Module], root: Path
) -> None:
    guilty = []
    for file, tree in sources.items():
        if file.parent.name != "flows" or file.name == "__init__.py":
            continue
        public = [
            each.name
            for each in tree.body
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
            and not each.name.startswith("_")
        ]
        if public != [file.stem] or file.stem.startswith(("handle_", "process_", "manage_")):
            guilty.append(f"{file.relative_to(root)}: {public}")
    assert not guilty, "\n".join(map(str, guilty))


def test_no_module_has_a_vague_name(sources: dict[Path, ast.Module]) -> None:
    assert [file for file in sources if file.stem in VAGUE] == []


def test_readmes_of_services_have_the_same_headings(root: Path, packages: dict[str, Path]) -> None:
    for service in packages:
        text = (root / "services" / service / "README.md").read_text()
        headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
        assert headings == HEADINGS, service


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_the_repository_introduces_itself(root: Path, name: str) -> None:
    assert (root / name).read_text().startswith("# ")
