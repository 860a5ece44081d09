"""`python -m bench`: measures, prints a table, writes `var/bench/report.json`."""

import argparse
import json
from typing import Any

from local_platform.places import VAR
from rich.console import Console

from bench import accept
from bench.accept import Rounds

console = Console(highlight=False)


def say(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of one round, after warming up")
    given = parser.parse_args()
    folder = VAR / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    found = accept.measure(folder, rounds=given.rounds, seconds=given.seconds, say=say)
    figures = _accept_figures(found)
    (folder / "report.json").write_text(json.dumps({"figures": figures}, indent=2) + "\n")
    for figure in figures:
        say(str(figure))


def _accept_figures(found: dict[str, Rounds]) -> list[dict[str, Any]]:
    gateway, floor, naive = (found[kind].rate for kind in accept.KINDS)
    return [
        {
            "name": "gateway.accept",
            "unit": "1/s",
            "value": round(gateway, 1),
            "floor": round(floor, 1),
            "naive": round(naive, 1),
            "ratio_floor": round(gateway / floor, 2),
            "ratio_naive": round(gateway / naive, 2),
        }
    ]


if __name__ == "__main__":
    main()
