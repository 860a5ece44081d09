"""Composition root: everything the adapter is made of, built from its settings, in the open."""

from datetime import timedelta
from pathlib import Path
from random import SystemRandom

from chassis.clock import open_clock
from chassis.db import Database
from chassis.directory import Directory
from chassis.incidents import Incidents
from chassis.process import Parts, assemble
from chassis.sealing import Sealer

from cpam_adapter import consumers, routes, schedules
from cpam_adapter.flows.apply_answers import Applying
from cpam_adapter.flows.collect_answers import Collecting
from cpam_adapter.flows.resolve_unknown import Asking
from cpam_adapter.flows.submit_declaration import Sending, Terms
from cpam_adapter.partner.contract import Contract
from cpam_adapter.partner.cpam import Cpam
from cpam_adapter.partner.post import Post
from cpam_adapter.settings import Settings

SERVICE = "cpam-adapter"


def build(settings: Settings) -> Parts:
    db = Database(settings.database.get_secret_value())
    clock = open_clock(settings.clock)
    directory = Directory.load(settings.directory)
    sealer = Sealer(settings.keys)
    incidents = Incidents(SERVICE, clock)
    contract = Contract()
    cpam = Cpam(contract, Post(settings.cpam_url, longest_seconds=settings.request_seconds))
    lease = timedelta(seconds=settings.lease_seconds)
    terms = Terms(
        lease=lease,
        request=timedelta(seconds=settings.request_seconds),
        parallel=settings.parallel_sends,
        backoff_first=timedelta(seconds=settings.backoff_first_seconds),
        backoff_longest=timedelta(seconds=settings.backoff_longest_seconds),
        patience=settings.patience,
    )
    return assemble(
        SERVICE,
        settings,
        db=db,
        clock=clock,
        problems=Path(__file__).with_name("problems.toml"),
        subscriptions=consumers.table(contract, sealer, directory, incidents, clock),
        schedules=schedules.table(
            begin=db.begin,
            clock=clock,
            patience=settings.patience,
            sending=Sending(
                db.begin, cpam, clock, sealer, directory, incidents, terms, SystemRandom()
            ),
            asking=Asking(
                db.begin,
                cpam,
                clock,
                directory,
                incidents,
                settings.patience,
                settings.capability,
                lease,
            ),
            collecting=Collecting(db.begin, cpam, clock, sealer, directory, incidents),
            applying=Applying(
                db.begin, cpam, clock, sealer, incidents, asks_status=settings.capability == "B"
            ),
            submit_every=timedelta(seconds=settings.submit_poll_seconds),
            collect_every=timedelta(seconds=settings.answers_poll_seconds),
        ),
        routers=[routes.router],
        closers=[cpam.close],
        sealer=sealer,
    )
