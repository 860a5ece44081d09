"""Composition root: everything the adapter is made of, built from its settings, in the open."""

from datetime import timedelta
from pathlib import Path
from random import SystemRandom

from chassis.clock import open_clock
from chassis.db import Database
from chassis.directory import Directory
from chassis.figures import Figure
from chassis.incidents import Incidents
from chassis.process import Parts, assemble
from chassis.sealing import Sealer

from cpam_adapter import consumers, routes, schedules
from cpam_adapter.domain.holding import HELD
from cpam_adapter.domain.patience import Terms
from cpam_adapter.flows.apply_answers import Applying
from cpam_adapter.flows.collect_answers import Collecting
from cpam_adapter.flows.prepare_submission import Preparing
from cpam_adapter.flows.resolve_unknown import Asking
from cpam_adapter.flows.submit_declaration import Sending
from cpam_adapter.partner.contract import Contract
from cpam_adapter.partner.cpam import Cpam
from cpam_adapter.partner.post import Post
from cpam_adapter.settings import Settings
from cpam_adapter.store import submissions

SERVICE = "cpam-adapter"


def build(settings: Settings) -> Parts:
    db = Database(settings.database.get_secret_value())
    clock = open_clock(settings.clock)
    directory, sealer = Directory.load(settings.directory), Sealer(settings.keys)
    incidents = Incidents(SERVICE, clock, ends_by_itself={HELD})
    contract = Contract()
    cpam = Cpam(contract, Post(settings.cpam_url, longest_seconds=settings.request_seconds))
    terms = _terms(settings)
    preparing = Preparing(contract, sealer, directory, incidents, clock)
    sending = Sending(db.begin, cpam, clock, sealer, directory, incidents, terms, SystemRandom())
    asking = Asking(
        db.begin,
        cpam,
        clock,
        directory,
        incidents,
        terms.patience,
        settings.capability,
        terms.lease,
    )
    collecting = Collecting(db.begin, cpam, clock, sealer, directory, incidents)
    applying = Applying(
        db.begin, cpam, clock, sealer, incidents, asks_status=settings.capability == "B"
    )
    pace = schedules.Pace(
        timedelta(seconds=settings.submit_poll_seconds),
        timedelta(seconds=settings.answers_poll_seconds),
    )
    return assemble(
        SERVICE,
        settings,
        db=db,
        clock=clock,
        problems=Path(__file__).with_name("problems.toml"),
        subscriptions=consumers.table(preparing),
        schedules=schedules.table(sending, asking, collecting, applying, pace),
        routers=[routes.router],
        closers=[cpam.close],
        figures=[Figure(submissions.OPEN, submissions.count_open, every_seconds=15)],
        recall=consumers.recall(clock, incidents),
        sealer=sealer,
        incidents=incidents,
    )


def _terms(settings: Settings) -> Terms:
    return Terms(
        lease=timedelta(seconds=settings.lease_seconds),
        request=timedelta(seconds=settings.request_seconds),
        parallel=settings.parallel_sends,
        at_one_account=settings.sends_at_one_account,
        backoff_first=timedelta(seconds=settings.backoff_first_seconds),
        backoff_longest=timedelta(seconds=settings.backoff_longest_seconds),
        patience=settings.patience,
    )
