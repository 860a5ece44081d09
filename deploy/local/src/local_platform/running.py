"""`make run` and what an operator does beside it: status, replay, rebase."""

import asyncio
import contextlib
import json
import sys

from chassis.http import http_client
from httpx import HTTPError
from rich.console import Console

from local_platform.environment import Surroundings, environment
from local_platform.failure import PlatformFailed
from local_platform.material import Material
from local_platform.places import VAR
from local_platform.postgres import Postgres
from local_platform.services import SERVICES, WITH_DATABASE, package_of
from local_platform.supervisor import Platform

FOLDER = VAR / "run"
console = Console(highlight=False)


def say(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)


async def stay_up() -> None:
    """The platform on its kept data, until cancelled; what dies is started again."""
    async with Platform(FOLDER, keep=True, say=say) as platform:
        for name, service in platform.services.items():
            say(f"  {name:20} {service.url}")
        say(f"mails: {platform.mails} - directory and secrets: {platform.material.folder}")
        say("Ctrl-C ends")
        with contextlib.suppress(asyncio.CancelledError):
            await platform.watch()


async def show_status() -> None:
    around = surroundings()
    async with http_client() as http:
        for name in SERVICES:
            try:
                answer = await http.get(f"{around.url(name)}/ready")
            except HTTPError:
                say(f"  {name:20} down")
            else:
                say(f"  {name:20} {answer.text}")


async def operate(around: Surroundings, command: str, *arguments: str) -> None:
    """The same command for each service with a database, with that service's own settings."""
    for name in WITH_DATABASE:
        call = [sys.executable, "-m", package_of(name), command, *arguments]
        process = await asyncio.create_subprocess_exec(*call, env=environment(name, around))
        if await process.wait():
            raise PlatformFailed(f"{command} failed for {name}; is `make run` up?")


def surroundings() -> Surroundings:
    file = FOLDER / "ports.json"
    if not file.exists():
        raise PlatformFailed("nothing runs: start it with `make run`")
    ports = json.loads(file.read_text())
    postgres = Postgres(FOLDER / "postgres", port=ports["postgres"])
    return Surroundings(FOLDER, ports, Material(FOLDER / "material"), postgres)
