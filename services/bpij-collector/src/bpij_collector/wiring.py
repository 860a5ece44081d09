"""Composition root: builds the collector from its settings, in the open, by constructor."""

from datetime import timedelta
from pathlib import Path

from chassis.clock import open_clock
from chassis.db import Database
from chassis.directory import Directory
from chassis.http import http_client
from chassis.process import Parts, assemble
from chassis.sealing import PersonRefs, Sealer
from contracts.topics import COLLECTOR

from bpij_collector import schedules
from bpij_collector.partner.codes import Codes
from bpij_collector.partner.deposit import SlipDeposit
from bpij_collector.partner.slip_xml import SlipReader
from bpij_collector.routes import router
from bpij_collector.settings import Settings


def build(settings: Settings) -> Parts:
    db = Database(settings.database.get_secret_value())
    clock = open_clock(settings.clock)
    http = http_client()
    directory = Directory.load(settings.directory)
    return assemble(
        COLLECTOR,
        settings,
        db=db,
        clock=clock,
        problems=Path(__file__).with_name("problems.toml"),
        schedules=schedules.table(
            db,
            deposits=[
                (entry, SlipDeposit(http, settings.cpam, entry.account, entry.password()))
                for entry in directory.cpam_accounts
            ],
            poll_every=timedelta(seconds=settings.slips_poll_seconds),
            directory=directory,
            sealer=Sealer(settings.keys),
            refs=PersonRefs(settings.keys),
            reader=SlipReader(Codes.load()),
            clock=clock,
        ),
        routers=[router],
        closers=[http.aclose],
    )
