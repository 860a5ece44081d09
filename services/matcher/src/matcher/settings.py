"""The matcher's own settings, beside those that every service has."""

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    port: int = 8004

    deadline_poll_seconds: float = 5.0
    """How often due deadlines are looked for, in real time."""
