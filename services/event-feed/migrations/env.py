from chassis.migrate import run
from event_feed.store.tables import metadata

run(metadata)
