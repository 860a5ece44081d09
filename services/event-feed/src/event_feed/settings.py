"""The feed's settings, from `JONCTION_*`."""

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    port: int = 8005
