"""What can be seen of processes from outside: who listens, how much memory they hold."""

import socket
import time
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


def memory_mib(pid: int) -> float:
    """Proportional set size of the process and its children: shared pages are counted once."""
    return sum(_pss_kib(each) for each in [pid, *_descendants(pid)]) / MIB


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
