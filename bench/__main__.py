"""`python -m bench`: measures, prints a table, writes `var/bench/report.json`."""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

from local_platform.places import VAR
from rich.console import Console
from rich.table import Column, Table

from bench import accept, adapter, consumer, delay, matcher, relay
from bench.accept import Rounds
from bench.figures import Figure, compared, plain
from bench.ground import Ground, ground

console = Console(highlight=False, width=110)
ON_THE_GROUND = ("relay", "consumer", "adapter", "matcher")
PARTS = ("accept", *ON_THE_GROUND, "delay")


def say(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)


def main() -> None:
    given = _arguments()
    folder = VAR / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / "report.json"
    begun, load = time.monotonic(), os.getloadavg()[0]
    figures = [plain("machine.cores", "1", os.cpu_count() or 1), plain("machine.load", "1", load)]
    say(f"{os.cpu_count()} cores, {load:.1f} processes busy before the start")
    for part in _measured(given, folder):
        figures += part
        report.write_text(json.dumps({"figures": figures}, indent=2) + "\n")
    console.print(_table(figures))
    say(f"written to {report} after {time.monotonic() - begun:.0f} s")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of accepting")
    parser.add_argument("--seconds", type=float, default=5.0, help="of one round, after warming up")
    parser.add_argument("--delay-seconds", type=float, default=20.0)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    return parser.parse_args()


def _measured(given: argparse.Namespace, folder: Path) -> Iterator[list[Figure]]:
    """The figures of each part as soon as they are there."""
    if "accept" in given.only:
        yield _accept_figures(
            accept.measure(folder, rounds=given.rounds, seconds=given.seconds, say=say)
        )
    if asked := [name for name in ON_THE_GROUND if name in given.only]:
        with ground(folder / "ground") as here:
            for name in asked:
                yield asyncio.run(_PARTS[name](here, say))
    if "delay" in given.only:
        found = delay.measure(folder / "platform", seconds=given.delay_seconds, say=say)
        yield _delay_figures(asyncio.run(found))


async def _relay(here: Ground, say: Callable[[str], None]) -> list[Figure]:
    return [(await relay.measure(here, say)).figure("relay.events")]


async def _consumer(here: Ground, say: Callable[[str], None]) -> list[Figure]:
    return [(await consumer.measure(here, say)).figure("consumer.events")]


async def _adapter(here: Ground, say: Callable[[str], None]) -> list[Figure]:
    return (await adapter.measure(here, say)).figures("adapter.acknowledgements")


async def _matcher(here: Ground, say: Callable[[str], None]) -> list[Figure]:
    return (await matcher.measure(here, say)).figures("matcher.events")


_PARTS = {"relay": _relay, "consumer": _consumer, "adapter": _adapter, "matcher": _matcher}


def _accept_figures(rounds: dict[str, Rounds]) -> list[Figure]:
    gateway, floor, naive = (rounds[kind].rate for kind in accept.KINDS)
    figures: list[Figure] = [compared("gateway.accept", gateway, floor, naive)]
    for name in ("p50", "p99"):
        of_each = {kind: round(median(getattr(rounds[kind], name)), 1) for kind in accept.KINDS}
        value = of_each.pop("gateway")
        figures.append({"name": f"gateway.accept.{name}", "unit": "ms", "value": value, **of_each})
    for kind in accept.KINDS:
        figures.append(plain(f"gateway.accept.memory.{kind}", "MiB", rounds[kind].memory_mib))
    return figures


def _delay_figures(found: delay.Delays) -> list[Figure]:
    return [
        *[
            plain(f"acknowledgement.delay.p{rank}", "ms", _percentile(found.acknowledged, rank))
            for rank in (50, 99)
        ],
        plain("acknowledgement.rate", "1/s", found.rate),
        plain("acknowledgement.given-up", "1", found.given_up),
        plain("cpu.all", "ms a declaration", sum(found.cpu.values())),
        *[plain(f"cpu.{name}", "ms a declaration", ms) for name, ms in found.cpu.items()],
        *[plain(f"memory.{name}", "MiB", mib) for name, mib in found.memory.items()],
    ]


def _percentile(values: list[float], rank: int) -> float:
    return median(values) if rank == 50 else quantiles(values, n=100)[rank - 1]


def _table(figures: list[Figure]) -> Table:
    figure_name = Column("figure", no_wrap=True)
    table = Table(figure_name, "unit", "value", "floor (a)", "naive (b)", "of (a)", "of (b)")
    for figure in figures:
        columns = ("value", "floor", "naive", "ratio_floor", "ratio_naive")
        shown = [str(figure.get(column, "")) for column in columns]
        table.add_row(figure["name"], figure["unit"], *shown)
    return table


if __name__ == "__main__":
    main()
