from bpij_collector.store.tables import metadata
from chassis.migrate import run

run(metadata)
