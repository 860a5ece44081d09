"""Habits that a linter does not know: what is never done here, and sizes that stay readable."""

import ast
import re
from pathlib import Path

LONGEST_FILE = 250
LONGEST_FUNCTION = 50
SICK_LEAVE = re.compile(
    r"\b(arr[eê]t|cpam|subrogation|slip|sick|bpij|ijss|payroll|employer|employee|nir|iban)\b", re.I
)
# The directory says who is who, and logs are scrubbed of numbers that look like a person's.
ALLOWED_WORDS = {"directory.py", "logs.py", "sealing.py", "settings.py", "access.py"}


def test_tests_mock_none_of_our_own_code(test_files: list[Path]) -> None:
    told = re.compile(r"unittest\.mock|\bMagicMock\b|\bAsyncMock\b|\bmocker\b|monkeypatch\.setattr")
    here = Path(__file__)
    guilty = [file for file in test_files if file != here and told.search(file.read_text())]
    assert not guilty, "\n".join(map(str, guilty))


def test_everything_is_caught_only_in_the_loops_of_the_chassis(
    sources: dict[Path, ast.Module], root: Path
) -> None:
    guilty = [
        f"{file.relative_to(root)}:{node.lineno}"
        for file, tree in sources.items()
        if "chassis" not in file.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node)
    ]
    assert not guilty, "\n".join(map(str, guilty))


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    kind = handler.type
    return kind is None or (isinstance(kind, ast.Name) and kind.id == "Exception")


def test_chassis_knows_no_word_of_sick_leave(root: Path) -> None:
    guilty = []
    for file in sorted((root / "shared/chassis/src").rglob("*.py")):
        if file.name in ALLOWED_WORDS:
            continue
        found = SICK_LEAVE.findall(file.read_text())
        guilty += [f"{file.name}: {word}" for word in found]
    assert not guilty, "\n".join(map(str, guilty))


def test_no_sql_is_put_together_from_values(sources: dict[Path, ast.Module], root: Path) -> None:
    guilty = [
        f"{file.relative_to(root)}:{call.lineno}"
        for file, tree in sources.items()
        if "services" in file.parts or "chassis" in file.parts
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "text"
        and any(isinstance(argument, ast.JoinedStr) for argument in call.args)
    ]
    assert not guilty, "\n".join(map(str, guilty))


def test_services_ask_their_clock_what_time_it_is(
    sources: dict[Path, ast.Module], root: Path
) -> None:
    guilty = [
        f"{file.relative_to(root)}:{call.lineno}"
        for file, tree in sources.items()
        if "services" in file.parts
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("now", "today", "utcnow")
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in ("datetime", "date", "dt")
    ]
    assert not guilty, "\n".join(map(str, guilty))


def test_files_and_functions_stay_short(sources: dict[Path, ast.Module], root: Path) -> None:
    guilty = []
    for file, tree in sources.items():
        name = file.relative_to(root)
        if len(file.read_text().splitlines()) > LONGEST_FILE and file.name != "events.py":
            guilty.append(f"{name} is longer than {LONGEST_FILE} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    guilty.append(f"{name}:{node.lineno} {node.name} has {lines} lines")
    assert not guilty, "\n".join(map(str, guilty))


def test_longer_modules_say_what_they_own(sources: dict[Path, ast.Module], root: Path) -> None:
    guilty = [
        str(file.relative_to(root))
        for file, tree in sources.items()
        if len(file.read_text().splitlines()) > 30 and not ast.get_docstring(tree)
    ]
    assert not guilty, "\n".join(map(str, guilty))
