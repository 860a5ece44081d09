"""Settings of the simulator, read from `JONCTION_*`; the only place that sees the environment."""

from datetime import UTC, datetime
from pathlib import Path

from chassis.settings import ServiceSettings, stop
from pydantic import AwareDatetime


class Settings(ServiceSettings):
    port: int = 8090

    store: Path = Path("var/cpam-simulator/cpam.sqlite")
    """The SQLite file: clock, scripts, ledger, everything. Without it a new world begins."""

    start_at: AwareDatetime = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
    """Where the virtual clock stands in a new world."""

    def check_mode(self) -> None:
        if self.mode == "production":
            stop("cpam-simulator is a mocked CPAM and refuses JONCTION_MODE=production")
        super().check_mode()
