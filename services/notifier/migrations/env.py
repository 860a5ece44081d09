from chassis.migrate import run
from notifier.store.tables import metadata

run(metadata)
