"""Tables and their queries: the only place with SQL."""
