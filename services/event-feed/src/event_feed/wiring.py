"""Composition root: builds the feed from its settings, in the open, by constructor."""

from pathlib import Path

from chassis.clock import open_clock
from chassis.db import Database
from chassis.directory import Directory
from chassis.process import Parts, assemble
from chassis.sealing import Sealer
from contracts.topics import FEED

from event_feed import consumers, schedules
from event_feed.domain.visibility import Visibility
from event_feed.routes import router
from event_feed.settings import Settings

_HERE = Path(__file__).parent


def build(settings: Settings) -> Parts:
    db = Database(settings.database.get_secret_value())
    directory = Directory.load(settings.directory)
    visibility = Visibility.load(_HERE / "fields.toml")
    return assemble(
        FEED,
        settings,
        db=db,
        clock=open_clock(settings.clock),
        problems=_HERE / "problems.toml",
        subscriptions=consumers.table(),
        schedules=schedules.table(db, directory, visibility),
        routers=[router],
        sealer=Sealer(settings.keys),
        directory=directory,
        visibility=visibility,
    )
