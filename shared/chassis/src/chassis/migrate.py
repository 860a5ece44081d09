"""Migrations of one service's database, run as its owner role.

A service's `migrations/env.py` is three lines that end in `run(metadata)`; `upgrade` is what
`python -m matcher migrate` calls. Two of them at once take turns.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chassis.settings import ServiceSettings, load

_TURN = 0x4A4F4E43
"""Advisory lock of whoever migrates this database."""


def upgrade(settings: ServiceSettings, service: str) -> None:
    """To the newest revision; `service` is the folder name or the package. Blocks; any thread."""
    config = _config(service)
    config.attributes["url"] = settings.database_owner.get_secret_value()
    # A thread of its own, since the caller may have a running loop and alembic brings another.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(command.upgrade, config, "head").result()


def run(metadata: MetaData) -> None:
    """Called by `env.py`, that is by alembic."""
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    asyncio.run(_migrate(_url(), metadata))


def _url() -> str:
    """From `upgrade`, or where a developer calls alembic by hand, from the service's settings."""
    given: str | None = context.config.attributes.get("url")
    return given or load(ServiceSettings).database_owner.get_secret_value()


def _config(service: str) -> Config:
    package = service.replace("-", "_")
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise LookupError(f"no package {package}")
    source = Path(spec.origin).resolve().parent
    # Beside `src` in a checkout, inside the package where a wheel carries it.
    places = [source.parents[1] / "migrations", source / "migrations"]
    folder = next((place for place in places if (place / "env.py").exists()), None)
    if folder is None:
        raise LookupError(f"{package} has no migrations")
    config = Config()
    config.set_main_option("script_location", str(folder))
    return config


async def _migrate(url: str, metadata: MetaData) -> None:
    settings = {"lock_timeout": "10s", "application_name": "jonction-migrate"}
    engine = create_async_engine(
        url, poolclass=NullPool, connect_args={"server_settings": settings}
    )
    async with engine.connect() as connection:
        await connection.execute(text("select pg_advisory_lock(:turn)"), {"turn": _TURN})
        await connection.commit()
        await connection.run_sync(_run, metadata)
        await connection.commit()
    await engine.dispose()


def _run(connection: Connection, metadata: MetaData) -> None:
    options: Mapping[str, Any] = {"compare_type": True, "transaction_per_migration": True}
    context.configure(connection=connection, target_metadata=metadata, **options)
    with context.begin_transaction():
        context.run_migrations()
