from chassis.migrate import run
from matcher.store.tables import metadata

run(metadata)
