"""Door: HTTP in, as a list of routers."""

from declaration_gateway.routes import declaring, reading, tokens

ROUTERS = (declaring.router, reading.router, tokens.router)
