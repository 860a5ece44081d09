"""One PostgreSQL server on the loopback, from the binaries of a wheel or of `JONCTION_PG_BIN`; it dies with its starter.

Each service has a database of its own, a role that owns it (migrations) and a role that owns nothing (the service).
PostgreSQL refuses to run as root: root starts it as nobody.
"""

from __future__ import annotations

import asyncio
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

from local_platform.processes import free_port, spawn, stop

PATIENCE_SECONDS = 30.0


class Postgres:
    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = port or free_port()
        self.bin = _binaries()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Ready to take connections when it returns, also over the leavings of a killed server."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        log = self.folder / "postgres.log"
        end = time.monotonic() + PATIENCE_SECONDS
        # A killed server's children may hold its shared memory for a moment; until then a new one refuses to start.
        while not self._came_up(log, end):
            if time.monotonic() > end:
                raise SystemExit(f"PostgreSQL did not start, see {log}")
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

    def url(self, database: str, role: str | None = None, *, driver: str = "postgresql+asyncpg") -> str:
        role = role or database
        return f"{driver}://{role}:{self.password(role)}@127.0.0.1:{self.port}/{database}"

    async def connect(self, database: str = "postgres") -> asyncpg.Connection:
        return await asyncpg.connect(self.url(database, "postgres", driver="postgresql"))

    def _came_up(self, log: Path, end: float) -> bool:
        self._drop_stale_pid()
        tuning = {"max_connections": "300", "shared_buffers": "128MB", "timezone": "UTC", "log_min_messages": "warning"}
        options = [part for name, value in tuning.items() for part in ("-c", f"{name}={value}")]
        command = [self.bin / "postgres", "-D", self.data, "-h", "127.0.0.1", "-p", str(self.port), "-k", "", *options]
        self.process = spawn([*self._as_server(signal.SIGINT), *command], log=log, death_signal=signal.SIGINT)
        while self.process.poll() is None and time.monotonic() < end:
            if asyncio.run(self._answers()) if not _loop_runs() else self._listens():
                return True
            time.sleep(0.03)
        return False
