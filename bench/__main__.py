"""`python -m bench`: measures, prints a table, writes `var/bench/report.json`."""

import argparse
import asyncio
import json
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from local_platform.places import VAR
from rich.console import Console
from rich.table import Table

from bench import accept, delay
from bench.accept import Rounds

console = Console(highlight=False, width=110)
Figure = dict[str, Any]


def say(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)


def main() -> None:
    given = _arguments()
    folder = VAR / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    figures: list[Figure] = []
    report = folder / "report.json"
    if given.only in (None, "accept"):
        rounds = accept.measure(folder, rounds=given.rounds, seconds=given.seconds, say=say)
        figures += _accept_figures(rounds)
        _write(report, figures)
    if given.only in (None, "delay"):
        found = delay.measure(folder / "platform", seconds=given.delay_seconds, say=say)
        figures += _delay_figures(asyncio.run(found))
        _write(report, figures)
    console.print(_table(figures))
    say(f"written to {report}")


def _write(report: Path, figures: list[Figure]) -> None:
    report.write_text(json.dumps({"figures": figures}, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of one round, after warming up")
    parser.add_argument("--delay-seconds", type=float, default=20.0)
    parser.add_argument("--only", choices=("accept", "delay"))
    return parser.parse_args()


def _accept_figures(rounds: dict[str, Rounds]) -> list[Figure]:
    gateway, floor, naive = (rounds[kind].rate for kind in accept.KINDS)
    compared = {
        "name": "gateway.accept",
        "unit": "1/s",
        "value": round(gateway, 1),
        "floor": round(floor, 1),
        "naive": round(naive, 1),
        "ratio_floor": round(gateway / floor, 3),
        "ratio_naive": round(gateway / naive, 3),
    }
    figures: list[Figure] = [compared]
    for name in ("p50", "p99"):
        of_each = {kind: round(median(getattr(rounds[kind], name)), 1) for kind in accept.KINDS}
        value = of_each.pop("gateway")
        figures.append({"name": f"gateway.accept.{name}", "unit": "ms", "value": value, **of_each})
    for kind in accept.KINDS:
        figures.append(_figure(f"gateway.accept.memory.{kind}", "MiB", rounds[kind].memory_mib))
    return figures


def _delay_figures(found: delay.Delays) -> list[Figure]:
    return [
        *[
            _figure(f"acknowledgement.delay.p{rank}", "ms", _percentile(found.acknowledged, rank))
            for rank in (50, 99)
        ],
        _figure("acknowledgement.rate", "1/s", found.rate),
        _figure("acknowledgement.given-up", "1", found.given_up),
        *[_figure(f"memory.{name}", "MiB", mib) for name, mib in found.memory.items()],
    ]


def _figure(name: str, unit: str, value: float) -> Figure:
    return {"name": name, "unit": unit, "value": round(value, 1)}


def _percentile(values: list[float], rank: int) -> float:
    return round(median(values) if rank == 50 else quantiles(values, n=100)[rank - 1], 1)


def _table(figures: list[Figure]) -> Table:
    table = Table("figure", "unit", "value", "floor (a)", "naive (b)", "of (a)", "of (b)")
    for figure in figures:
        columns = ("value", "floor", "naive", "ratio_floor", "ratio_naive")
        shown = [str(figure.get(column, "")) for column in columns]
        table.add_row(figure["name"], figure["unit"], *shown)
    return table


if __name__ == "__main__":
    main()
