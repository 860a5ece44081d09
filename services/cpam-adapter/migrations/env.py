from chassis.migrate import run
from cpam_adapter.store.tables import metadata

run(metadata)
