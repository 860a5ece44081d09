"""Everything the notifier is made of, built from its settings by constructor."""

import datetime as dt
from pathlib import Path

from chassis.clock import open_clock
from chassis.db import Database
from chassis.directory import Directory
from chassis.figures import Figure
from chassis.process import Parts, assemble
from contracts.topics import NOTIFIER

from notifier import consumers, schedules
from notifier.domain.alert import Alert
from notifier.partner.letters import Letters
from notifier.partner.post import PostOffice
from notifier.routes import router
from notifier.settings import Settings
from notifier.store import alerts, mails


def build(settings: Settings) -> Parts:
    clock = open_clock(settings.clock)
    db = Database(settings.database.get_secret_value())
    directory = Directory.load(settings.directory)
    letters = Letters(
        sender=settings.mail_from,
        console_url=settings.console_url,
        recipients=lambda alert: recipients(directory, alert),
    )
    office = PostOffice(
        host=settings.smtp_host,
        port=settings.smtp_port,
        encryption=settings.smtp_tls,
        sender=settings.mail_from,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
    )
    return assemble(
        NOTIFIER,
        settings,
        db=db,
        clock=clock,
        problems=Path(__file__).with_name("problems.toml"),
        routers=[router],
        subscriptions=consumers.table(letters),
        schedules=schedules.table(
            db,
            clock,
            letters,
            office,
            operators=directory.operators,
            every=dt.timedelta(seconds=settings.mail_poll_seconds),
            lease_length=dt.timedelta(seconds=settings.mail_lease_seconds),
        ),
        figures=[
            Figure(alerts.OPEN, alerts.count_open),
            Figure(mails.QUEUED, mails.queue_length),
        ],
    )


def recipients(directory: Directory, alert: Alert) -> tuple[str, ...]:
    """The tenant's list; the operators for incidents and where a tenant has named nobody."""
    tenant = None if alert.kind == "incident" else directory.tenant(alert.tenant)
    return (tenant.notify if tenant else ()) or directory.operators
