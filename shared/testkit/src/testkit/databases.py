"""Databases for tests: each service is migrated once into a template, a test gets a copy."""

import asyncio
from dataclasses import dataclass
from uuid import uuid4

from chassis.migrate import upgrade
from chassis.settings import ServiceSettings
from local_platform.postgres import Postgres, grant, provide_database
from local_platform.services import WITH_DATABASE, package_of
from pydantic import SecretStr


@dataclass(frozen=True)
class DatabaseUrls:
    name: str
    service: str
    """Of the role that a service runs as."""
    owner: str
    """Of the role that migrates."""


class Databases:
    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._templates: set[str] = set()

    async def make(self, service: str) -> DatabaseUrls:
        package = package_of(service)
        if package not in self._templates:
            await self._provide_template(service)
            self._templates.add(package)
        name = f"{package}_{uuid4().hex[:12]}"
        connection = await self._server.connect()
        try:
            await connection.execute(
                f'create database "{name}" template "{package}" '
                f'owner "{package}_owner" strategy file_copy'
            )
        finally:
            await connection.close()
        await grant(self._server, name, service=package)
        return self._urls(name, package)

    async def drop(self, urls: DatabaseUrls) -> None:
        connection = await self._server.connect()
        try:
            await connection.execute(f'drop database if exists "{urls.name}" with (force)')
        finally:
            await connection.close()

    async def _provide_template(self, service: str) -> None:
        package = package_of(service)
        await provide_database(self._server, package)
        if service in WITH_DATABASE:
            owner = SecretStr(self._urls(package, package).owner)
            settings = ServiceSettings(mode="test", database_owner=owner)
            await asyncio.to_thread(upgrade, settings, service)

    def _urls(self, name: str, package: str) -> DatabaseUrls:
        return DatabaseUrls(
            name, self._server.url(name, package), self._server.url(name, f"{package}_owner")
        )
