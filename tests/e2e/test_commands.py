"""`make demo` and `make run` as commands: what they print, leave and return."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(300)


async def command(var: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "local_platform.cli",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"JONCTION_VAR": str(var)},
    )


def processes_of(folder: Path) -> int:
    count = 0
    for each in Path("/proc").iterdir():
        if each.name.isdigit() and each.name != str(os.getpid()):
            try:
                told = (each / "cmdline").read_bytes() + (each / "environ").read_bytes()
            except OSError:
                continue
            count += str(folder).encode() in told
    return count


async def test_demo_without_a_terminal_writes_its_report_and_leaves_no_process(
    tmp_path: Path,
) -> None:
    demo = await command(tmp_path, "demo", "--only", "01", "--only", "12")
    printed, _ = await demo.communicate()
    assert demo.returncode == 0, printed.decode()
    assert "soldé" in printed.decode()
    report = json.loads((tmp_path / "demo" / "report.json").read_text())
    assert set(report) == {"cases", "refused", "clock", "seconds"}
    (case,) = report["cases"]
    assert list(case) == [
        "scenario",
        "declaration_id",
        "state",
        "answers",
        "expected",
        "received",
        "gap",
        "alerts",
        "feed",
    ]
    assert [each["scenario"] for each in report["refused"]] == [
        "12-bad-nir",
        "12-end-before-start",
        "12-wrong-regime",
    ]
    assert processes_of(tmp_path) == 0


async def test_run_stays_up_answers_its_operator_and_stops_when_asked(tmp_path: Path) -> None:
    running = await command(tmp_path, "run")
    assert running.stdout is not None
    lines = []
    while "Ctrl-C" not in (line := (await running.stdout.readline()).decode()):
        lines.append(line)
        assert line, "".join(lines)
    for words in (("status",), ("rebase",), ("replay",), ("replay", "--since", "2026-03-01")):
        asked = await command(tmp_path, *words)
        printed, _ = await asked.communicate()
        assert asked.returncode == 0, printed.decode()
    status = await command(tmp_path, "status")
    printed, _ = await status.communicate()
    assert printed.decode().count('"ready":true') == 8, printed.decode()
    running.send_signal(signal.SIGTERM)
    assert await running.wait() == 0
    assert processes_of(tmp_path) == 0


async def test_operating_what_does_not_run_is_one_clear_line(tmp_path: Path) -> None:
    asked = await command(tmp_path, "rebase")
    printed, _ = await asked.communicate()
    assert asked.returncode == 1
    assert printed.decode() == "jonction: nothing runs: start it with `make run`\n"
