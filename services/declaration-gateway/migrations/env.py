from chassis.migrate import run
from declaration_gateway.store.tables import metadata

run(metadata)
