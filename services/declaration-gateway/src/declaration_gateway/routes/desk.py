"""What the routes reach for; made by `wiring.py`, found in the application's state."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.access import TokenIssuer
from chassis.clock import Clock
from chassis.db import Begin
from chassis.problems import Catalogue
from chassis.sealing import PersonRefs, Sealer
from fastapi import Request


@dataclass(frozen=True, slots=True)
class Desk:
    """`tenant_of` is the owner of each SIRET in the directory."""

    begin: Begin
    single: Begin
    clock: Clock
    sealer: Sealer
    refs: PersonRefs
    issuer: TokenIssuer
    problems: Catalogue
    tenant_of: Mapping[str, str]


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk
