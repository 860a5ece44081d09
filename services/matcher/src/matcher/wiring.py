"""Everything the matcher is made of, built from its settings by constructor."""

from datetime import timedelta
from pathlib import Path

from chassis.clock import open_clock
from chassis.db import Database
from chassis.figures import Figure
from chassis.process import Parts, assemble
from chassis.sealing import Sealer
from contracts.topics import MATCHER

from matcher import consumers, schedules
from matcher.domain.law import french_law
from matcher.routes import router
from matcher.settings import Settings
from matcher.store import cases, statements
from matcher.store.ledger import Ledger


def build(settings: Settings) -> Parts:
    clock = open_clock(settings.clock)
    db = Database(settings.database.get_secret_value())
    ledger = Ledger(french_law(), Sealer(settings.keys))
    return assemble(
        MATCHER,
        settings,
        db=db,
        clock=clock,
        problems=Path(__file__).with_name("problems.toml"),
        routers=[router],
        subscriptions=consumers.table(ledger, clock),
        schedules=schedules.table(
            db, ledger, clock, every=timedelta(seconds=settings.deadline_poll_seconds)
        ),
        figures=[
            Figure(cases.OPEN, cases.count_open, every_seconds=60),
            Figure(cases.EUROS, cases.sum_open, every_seconds=60),
            Figure(statements.OPEN, statements.count_open, every_seconds=60),
        ],
    )
