"""What can be seen of processes from outside: who listens, how much memory they hold."""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

MIB = 1024


def wait_listening(process: Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"bench: application did not start, see {log}")


async def until(happened: Callable[[], bool]) -> None:
    """Exact to a millisecond; what is waited for runs in this loop."""
    while not happened():  # noqa: ASYNC110 (a counter of ours has no event)
        await asyncio.sleep(0.001)


def cpu_milliseconds(pid: int) -> float:
    """Of the process and its children, those that have ended and those that live."""
    ticks = sum(_ticks(each) for each in [pid, *_descendants(pid)])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> float:
    """Proportional set size of the process and its children: shared pages are counted once."""
    return sum(_pss_kib(each) for each in [pid, *_descendants(pid)]) / MIB


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0
    return sum(map(int, fields[11:15]))


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended, or is another user's
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _descendants(pid: int) -> list[int]:
    children: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children += map(int, file.read_text().split())
        except OSError:
            continue
    return children + [each for child in children for each in _descendants(child)]
