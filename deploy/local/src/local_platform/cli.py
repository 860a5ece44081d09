"""`jonction`: the platform on one machine, as `make demo` and `make run` call it."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from local_platform.failure import PlatformFailed

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def demo(only: Annotated[list[str] | None, typer.Option(help="scenarios, e.g. 01")] = None) -> None:
    """Play the story from nothing and write var/demo/report.json."""
    from local_platform.demo import play_demo

    _run(lambda: play_demo(tuple(only or ()), stay=sys.stdout.isatty()))


@app.command()
def run() -> None:
    """Start the platform on its kept data in var/run and stay up."""
    from local_platform.running import stay_up

    _run(stay_up)


@app.command()
def status() -> None:
    """Say of each service of `run` whether it is ready."""
    from local_platform.running import show_status

    _run(show_status)


@app.command()
def replay(since: Annotated[datetime | None, typer.Option(help="real time, UTC")] = None) -> None:
    """Put what was published since an instant, or ever, back into the outboxes of `run`."""
    from local_platform.running import replay_all, surroundings

    instant = since.replace(tzinfo=UTC) if since else None
    _run(lambda: replay_all(surroundings(), instant))


@app.command()
def rebase() -> None:
    """Drop the consumers' positions of `run`: accept a Kafka that lost its data."""
    from local_platform.running import rebase_all, surroundings

    _run(lambda: rebase_all(surroundings()))


def _run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Ctrl-C and SIGTERM cancel it, whatever it does; leaving its blocks stops every process."""

    async def cancellable() -> None:
        task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, task.cancel if task else loop.stop)
        await main()

    try:
        asyncio.run(cancellable())
    except asyncio.CancelledError:
        raise SystemExit(130) from None
    except PlatformFailed as failed:
        raise SystemExit(f"jonction: {failed}") from None


if __name__ == "__main__":
    app()
