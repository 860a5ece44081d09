"""Composition root: everything the gateway is made of, built by hand from its settings."""

from pathlib import Path

from chassis.access import TokenIssuer
from chassis.clock import Clock, open_clock
from chassis.db import Database
from chassis.directory import Directory
from chassis.problems import Catalogue
from chassis.process import Parts, assemble
from chassis.sealing import PersonRefs, Sealer
from contracts.topics import GATEWAY

from declaration_gateway import consumers, schedules
from declaration_gateway.routes import ROUTERS
from declaration_gateway.routes.desk import Desk
from declaration_gateway.settings import GatewaySettings

PROBLEMS = Path(__file__).with_name("problems.toml")


def build(settings: GatewaySettings, clock: Clock | None = None) -> Parts:
    """`clock` for tests; else the one that the settings name."""
    db = Database(settings.database.get_secret_value(), size=settings.pool_size)
    clock = clock or open_clock(settings.clock)
    directory = Directory.load(settings.directory)
    desk = Desk(
        begin=db.begin,
        single=db.single,
        clock=clock,
        sealer=Sealer(settings.keys),
        refs=PersonRefs(settings.keys),
        issuer=TokenIssuer(settings.keys, directory),
        problems=Catalogue.load(PROBLEMS),
        tenant_of={
            siret.value: tenant.id for tenant in directory.tenants for siret in tenant.sirets
        },
    )
    return assemble(
        GATEWAY,
        settings,
        db=db,
        clock=clock,
        problems=PROBLEMS,
        subscriptions=consumers.table(),
        routers=ROUTERS,
        schedules=schedules.table(db.begin, settings.keys_kept),
        recall=consumers.recall(),
        desk=desk,
    )
