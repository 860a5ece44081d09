"""The script that compose and Kubernetes share, on a real server: databases, roles and rights."""

import os
import subprocess
from pathlib import Path

import asyncpg
import pytest
from asyncpg.exceptions import InsufficientPrivilegeError
from local_platform.postgres import Postgres

NAME = "provided_by_script"


def _provide(root: Path, server: Postgres, roles: Path) -> None:
    environment = {
        "PATH": f"{server.bin}:{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port),
        "PGUSER": "postgres",
        "PGPASSWORD": server.password("postgres"),
        "ROLES_FILE": str(roles),
    }
    script = root / "deploy/postgres/provide-databases"
    done = subprocess.run([script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"database {NAME}: ready\n"


def _write(roles: Path, owner: str, service: str) -> None:
    roles.write_text(f"{NAME} {service}\n{NAME}_owner {owner}\n")


async def _connect(server: Postgres, role: str, password: str) -> asyncpg.Connection:
    found: asyncpg.Connection = await asyncpg.connect(
        host="127.0.0.1", port=server.port, user=role, password=password, database=NAME
    )
    return found


async def test_service_role_uses_what_the_owner_makes_and_makes_nothing_itself(
    root: Path, postgres: Postgres, tmp_path: Path
) -> None:
    roles = tmp_path / "roles"
    _write(roles, "owner's-first", "service-first")
    _provide(root, postgres, roles)
    owner = await _connect(postgres, f"{NAME}_owner", "owner's-first")
    await owner.execute("create table fact (id bigint generated always as identity, word text)")
    await owner.close()
    service = await _connect(postgres, NAME, "service-first")
    await service.execute("insert into fact (word) values ('here')")
    assert await service.fetchval("select word from fact") == "here"
    with pytest.raises(InsufficientPrivilegeError):
        await service.execute("create table mine (id int)")
    with pytest.raises(InsufficientPrivilegeError):
        await service.execute("truncate fact")
    await service.close()


async def test_a_second_run_changes_passwords_and_keeps_data(
    root: Path, postgres: Postgres, tmp_path: Path
) -> None:
    roles = tmp_path / "roles"
    for word in ("first", "second"):
        _write(roles, f"owner-{word}", f"service-{word}")
        _provide(root, postgres, roles)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await _connect(postgres, NAME, "service-first")
    service = await _connect(postgres, NAME, "service-second")
    assert await service.fetchval("select current_user") == NAME
    await service.close()
    assert "service-second" not in postgres.log.read_text()
