"""The release before runs on the schema of the next one: migrations expand, and say when not."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from chassis.expanding import breaks, statements_of


def _load(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"migration_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_migrations_break_nothing_for_the_release_before(root: Path) -> None:
    files = sorted(root.glob("services/*/migrations/versions/*.py"))
    later = [module for module in map(_load, files) if module.down_revision is not None]
    assert later
    guilty = [
        f"{module.__file__}: {broken}"
        for module in later
        if not getattr(module, "CONTRACTS", "")
        for broken in breaks(statements_of(module))
    ]
    assert not guilty, "\n".join(guilty)


@pytest.mark.parametrize(
    "statement",
    [
        "alter table submission drop column siret",
        "drop table submission",
        "alter table submission rename column siret to etablissement",
        "alter table submission rename to deposit",
        "alter table submission alter column revision type bigint",
        "alter table submission alter column reference set not null",
        "alter table submission alter column attempt drop default",
        "alter table submission add column channel text not null",
        "alter table submission add column a text default 'x', add column b text not null",
        "alter table submission add constraint positive check (attempt > 0)",
        "create unique index once on submission (siret)",
        "create index slow on submission (siret)",
    ],
)
def test_what_would_break_the_release_before_is_found(statement: str) -> None:
    assert len(breaks([statement])) == 1


@pytest.mark.parametrize(
    "statements",
    [
        ["alter table submission add column channel text"],
        ["alter table submission add column channel text not null default ''"],
        ["alter table submission add column channel text default '' not null"],
        ["create table told (id uuid primary key, constraint told_once unique (id))"],
        ["create table told (id uuid)", "create unique index once on told (id)"],
        ["create index concurrently if not exists quick on submission (siret)"],
        ["alter table submission drop constraint submission_state"],
    ],
)
def test_what_only_expands_is_let_through(statements: list[str]) -> None:
    assert breaks(statements) == []
