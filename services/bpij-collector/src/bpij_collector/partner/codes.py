"""The partner's code lists, as data files beside this module: nature codes and caisses.

Both lists are open: an unknown code is kept as it came, with a notice.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import cast, get_args

from bpij_collector.domain.slip import LineKind

_KINDS = get_args(LineKind)


@dataclass(frozen=True, slots=True)
class Nature:
    kind: LineKind
    label: str


@dataclass(frozen=True, slots=True)
class Codes:
    natures: Mapping[str, Nature]
    caisses: Mapping[str, str]
    """Each 3-digit code and the code that the caisse bears today."""

    @classmethod
    def load(cls) -> "Codes":
        natures = {}
        for row in _rows("natures.csv"):
            if row["kind"] not in _KINDS:
                raise ValueError(f"natures.csv: unknown kind for {row['code']}")
            natures[row["code"]] = Nature(cast(LineKind, row["kind"]), row["label"])
        return cls(natures, {row["code"]: row["current_code"] for row in _rows("caisses.csv")})

    def caisse(self, sent: str) -> str:
        """Today's 3 digits, also out of regime (01) + caisse + centre; unknown ones as sent."""
        short = self.short_caisse(sent)
        return self.caisses.get(short, short)

    def short_caisse(self, sent: str) -> str:
        organism = re.fullmatch(r"01([0-9]{3})[0-9]{0,4}", sent, re.ASCII)
        return organism[1] if organism else sent


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("bpij_collector.partner").joinpath(name).read_text("utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
