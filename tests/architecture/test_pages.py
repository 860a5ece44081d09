"""What the pages say exists: paths, targets, settings."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

# An operator makes them, and they are never committed.
MADE_AT_RUN_TIME = ("deploy/docker/secrets",)


def test_paths_named_in_pages_exist(
    root: Path, pages: list[Path], paths_in: Callable[[str], set[str]]
) -> None:
    missing = [
        f"{page.relative_to(root)}: {path}"
        for page in pages
        for path in sorted(paths_in(page.read_text()))
        if not any((place / path).exists() for place in (root, page.parent))
        and not path.startswith(MADE_AT_RUN_TIME)
    ]
    assert not missing, "\n".join(map(str, missing))


def test_targets_named_in_pages_are_in_the_makefile(root: Path, pages: list[Path]) -> None:
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(), re.MULTILINE))
    for page in pages:
        named = re.findall(r"(?:^|`)make ([a-z]+)\b", page.read_text(), re.MULTILINE)
        assert set(named) <= targets, page


def test_every_target_is_listed_with_a_line_of_help(root: Path) -> None:
    makefile = (root / "Makefile").read_text()
    phony = makefile.partition(".PHONY:")[2].partition("\n")[0].split()
    helped = re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE)
    assert sorted(phony) == sorted(helped)


def test_readme_begins_with_its_two_commands(root: Path) -> None:
    readme = (root / "README.md").read_text()
    first = readme.index("make demo")
    assert readme.index("make test") > first
    assert "## " not in readme[:first].partition("## ")[2]


def test_ci_runs_the_test_command_of_the_readme(root: Path) -> None:
    assert "make test" in (root / ".ci" / "run").read_text()
    assert "make test" in (root / "README.md").read_text()


def test_every_setting_says_what_it_is(packages: dict[str, Path], root: Path) -> None:
    """In place, under the field: that is where an operator is sent by the README."""
    undocumented = []
    inherited = {"host", "port", "log_level"}
    chassis = root / "shared/chassis/src/chassis/settings.py"
    for file in [chassis, *(package / "settings.py" for package in packages.values())]:
        for declared in ast.walk(ast.parse(file.read_text())):
            if isinstance(declared, ast.ClassDef):
                for name in sorted(_fields(declared) - _documented(declared) - inherited):
                    undocumented.append(f"{file.relative_to(root)}: {name}")
    assert not undocumented, "\n".join(map(str, undocumented))


def _fields(declared: ast.ClassDef) -> set[str]:
    return {
        each.target.id
        for each in declared.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }


def _documented(declared: ast.ClassDef) -> set[str]:
    """A text documents the fields right above it, up to an empty line."""
    documented: set[str] = set()
    group: list[tuple[str, int]] = []
    for each in declared.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            if group and each.lineno > group[-1][1] + 1:
                group = []
            group.append((each.target.id, each.end_lineno or each.lineno))
        elif isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant):
            documented |= {name for name, _ in group}
            group = []
    return documented
