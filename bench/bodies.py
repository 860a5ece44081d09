"""Declarations for load: each of another invented person, with twelve months of pay."""

import json
from collections.abc import Iterator

SIRET = "99912300300017"
IBAN = "FR7630006000011234567890189"
_NIR = "0000000000000"


def _template() -> str:
    months = [f"2025-{month:02d}" for month in range(3, 13)] + ["2026-01", "2026-02"]
    body = {
        "employer": {"siret": SIRET},
        "employee": {"nir": _NIR, "family_name": "LE GOFF", "given_names": "Maëlle Anne"},
        "contract": "00001",
        "regime": "general",
        "risk": "maladie",
        "last_worked_day": "2026-02-27",
        "period": {"first": "2026-03-02", "last": "2026-03-21"},
        "subrogation": {"first": "2026-03-02", "last": "2026-05-31", "iban": IBAN},
        "pay": {"months": [{"month": month, "gross": "2400.00"} for month in months]},
    }
    return json.dumps(body, ensure_ascii=False)


def bodies(start: int) -> Iterator[bytes]:
    """Endless; equal starts give equal people, starts a million apart never share one."""
    before, _, after = _template().partition(_NIR)
    head, tail = before.encode(), after.encode()
    number = start
    while True:
        yield head + nir(number).encode() + tail
        number += 1


def nir(number: int) -> str:
    """13 characters, all different below 999 x 990 x 12 x 100."""
    rest, order = divmod(number, 999)
    rest, place = divmod(rest, 990)
    year, month = divmod(rest, 12)
    return f"2{year % 100:02d}{month + 1:02d}29{place + 1:03d}{order + 1:03d}"
