"""A collector that does not answer: the work goes on, and the process stops all the same."""

import socket
import subprocess
import sys
import time

import pytest

# More than a whole queue of spans; what is measured is the end of the process.
WORK = """
import sys, time
from types import SimpleNamespace
from chassis import logs, trace, tracing

logs.configure("a-service", "INFO")
where = SimpleNamespace(traces="otlp", traces_endpoint=sys.argv[1], traces_share=1.0)
tracing.start("a-service", where)
begun = time.monotonic()
for _ in range(10_000):
    with trace.span("work"):
        pass
print(time.monotonic() - begun)
"""


@pytest.mark.parametrize("is_hanging", [False, True])
def test_a_process_whose_collector_is_away_works_on_and_stops(is_hanging):
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}/v1/traces"
        if not is_hanging:
            server.close()
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", WORK, endpoint], capture_output=True, text=True, check=True
        )
        lasted = time.monotonic() - begun
    worked = float(done.stdout)
    assert worked < 10
    assert lasted - worked < 20
    assert "Failed to export" in done.stderr
    assert "refused" not in done.stderr
