"""The eight services by folder name, in the order in which they are shown."""

SERVICES = (
    "cpam-simulator",
    "declaration-gateway",
    "cpam-adapter",
    "bpij-collector",
    "matcher",
    "event-feed",
    "notifier",
    "ops-console",
)
# The simulator keeps a store of its own, and the console keeps nothing.
WITH_DATABASE = tuple(name for name in SERVICES if name not in ("cpam-simulator", "ops-console"))


def package_of(service: str) -> str:
    return service.replace("-", "_")
