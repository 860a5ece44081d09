"""What a migration may not do while the release before it runs beside the one that needs it.

Expand: tables, nullable columns or such with a default, indexes made concurrently. Whatever N-1
could trip over is found in the statements themselves. A step that contracts comes two releases
later, and its module says why nobody needs the old any more: `CONTRACTS = "reason"`.
"""

import re
from io import StringIO
from types import ModuleType

from alembic.migration import MigrationContext
from alembic.operations import Operations

_BREAKS = {
    "removes what the release before reads": r"\bdrop (table|column|view|schema|type|function)\b",
    "renames what the release before names": r"\brename\b",
    "changes a type under the release before": r"\balter column \S+ (set data )?type\b",
    "asks for what the release before does not write": r"\bset not null\b",
    "takes a default from the release before": r"\bdrop default\b",
    "adds a column that the release before does not fill": (
        r"\badd column (?:(?!\bdefault\b|,).)*\bnot null\b(?!(?:(?!,).)*\bdefault\b)"
    ),
    "adds a rule that the release before does not know": (
        r"^alter table .*\badd (constraint|check|unique|primary key|foreign key|exclude)\b"
    ),
}
_CREATED = re.compile(r"\bcreate table (?:if not exists )?(\S+)")
_INDEX = re.compile(r"\bcreate (unique )?index (concurrently )?.*?\bon (\S+)")


def breaks(statements: list[str]) -> list[str]:
    """One line each; empty for statements that only expand."""
    found = []
    created = {name for each in statements for name in _CREATED.findall(_plain(each))}
    for statement in map(_plain, statements):
        found += [
            f"{why}: {statement[:80]}"
            for why, pattern in _BREAKS.items()
            if re.search(pattern, statement)
        ]
        index = _INDEX.search(statement)
        if index is None or index[3] in created:
            continue
        if index[1]:
            found.append(f"makes unique what the release before may repeat: {statement[:80]}")
        elif not index[2]:
            found.append(f"stops writing while it builds an index: {statement[:80]}")
    return found


def statements_of(migration: ModuleType) -> list[str]:
    """The SQL of one migration module, which is not run."""
    written = StringIO()
    options = {"as_sql": True, "output_buffer": written}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with Operations.context(context):
        migration.upgrade()
    return [each.strip() for each in written.getvalue().split(";\n") if each.strip()]


def _plain(statement: str) -> str:
    return " ".join(statement.lower().split())
