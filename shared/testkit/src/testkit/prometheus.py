"""A real Prometheus on the loopback, on a configuration that a test has made; and what it reads."""

import json
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import urlopen

from local_platform.processes import free_port, spawn, stop
from prometheus_client.parser import text_string_to_metric_families

Json = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """The metrics page of one service."""

    names: set[str]
    """Of all that it can show."""
    samples: list[tuple[str, Mapping[str, str], float]]

    def value(self, name: str, **labels: str) -> float:
        [found] = [value for each, its, value in self.samples if (each, its) == (name, labels)]
        return found


def read_page(page: str) -> Shown:
    families = list(text_string_to_metric_families(page))
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return Shown(
        {f"{each.name}{end}" for each in families for end in ends.get(each.type, ("",))},
        [(one.name, one.labels, one.value) for each in families for one in each.samples],
    )


class Prometheus:
    def __init__(self, program: str, folder: Path, config: Json) -> None:
        self._program, self._folder = program, folder
        self._url = f"http://127.0.0.1:{free_port()}"
        # JSON is YAML.
        (folder / "prometheus.yml").write_text(json.dumps(config))
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, path: str, **asked: str) -> Any:
        with urlopen(f"{self._url}/api/v1/{path}?{urlencode(asked)}", timeout=10) as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> list[Json]:
        """The instant vector: `metric` with its labels, `value` as (time, text)."""
        found: list[Json] = self.ask("query", query=expression)["result"]
        return found

    def __enter__(self) -> Self:
        self._process = spawn(
            [
                self._program,
                f"--config.file={self._folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self._folder / 'data'}",
                f"--web.listen-address={self._url.removeprefix('http://')}",
                "--log.level=warn",
            ],
            log=self._folder / "prometheus.log",
        )
        end = time.monotonic() + 30
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self._folder / "prometheus.log").read_text())
            time.sleep(0.1)
        return self

    def _is_ready(self) -> bool:
        try:
            with urlopen(f"{self._url}/-/ready", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            stop(self._process, by=signal.SIGTERM, seconds=10)
