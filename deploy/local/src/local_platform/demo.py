"""`make demo`: the platform from nothing, the story, the table and the report."""

import asyncio
import contextlib
import json
import sys
import time
from datetime import datetime
from typing import Any

from httpx import Response
from rich.console import Console

from local_platform.director import Director, OnAnswer, OnJump
from local_platform.places import VAR
from local_platform.report import PARIS, write_report
from local_platform.story import Request, Story, read_stories
from local_platform.supervisor import Platform
from local_platform.table import show_report

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
# Where nobody looks, such as in a log, lines may be as long as they need.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)


async def play_demo(only: tuple[str, ...], *, stay: bool) -> None:
    """`stay` keeps the platform up after the story, until it is cancelled."""
    begun = time.monotonic()
    folder = VAR / "demo"
    stories = read_stories(only=only)
    async with Platform(folder, keep=False, say=say) as platform:
        report = await play_story(platform, stories, begun)
        file = folder / "report.json"
        file.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
        show_report(report, stories, console)
        say(f"{report['seconds']} s in all; report in {file}")
        if stay:
            say(f"console: {platform.url('ops-console')} - mails: {platform.mails} - Ctrl-C ends")
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()


async def play_story(
    platform: Platform,
    stories: list[Story],
    begun: float,
    *,
    on_jump: OnJump | None = None,
    on_answer: OnAnswer | None = None,
) -> dict[str, Any]:
    """The report. Tests break something in `on_jump` and `on_answer`, while services work."""
    urls = {name: service.url for name, service in platform.services.items()}
    director = Director(
        urls, platform.material, on_jump=on_jump or _tell_jump, on_answer=on_answer or _tell_answer
    )
    try:
        played = await director.play(stories)
        say("reading everything back through the APIs")
        seconds = time.monotonic() - begun
        return await write_report(stories, played, director, mails=platform.mails, seconds=seconds)
    finally:
        await director.close()


async def _tell_jump(to: datetime) -> None:
    say(paris(to))


async def _tell_answer(story: Story, request: Request, answer: Response) -> None:
    say(f"  {story.name}: {request.does} -> {answer.status_code}")


def paris(instant: datetime) -> str:
    local = instant.astimezone(PARIS)
    return f"{DAYS[local.weekday()]} {local:%d/%m/%Y, %H:%M}"


def say(line: str) -> None:
    console.print(line, markup=False)
