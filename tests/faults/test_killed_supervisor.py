"""Whoever starts the platform may be killed: nothing stays behind, and the next start goes on."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from local_platform.failure import PlatformFailed
from local_platform.supervisor import Platform

pytestmark = pytest.mark.timeout(300)

SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from local_platform.supervisor import Platform

async def main():
    async with Platform(Path(sys.argv[1]), keep=True, say=lambda _: None):
        print("up", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


async def start_supervisor(folder: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SUPERVISOR,
        str(folder),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"up\n"
    return process


def processes_of(folder: Path) -> list[str]:
    """Those started for this folder: it stands in their arguments or in their settings."""
    found = []
    for each in Path("/proc").iterdir():
        if not each.name.isdigit() or each.name == str(os.getpid()):
            continue
        try:
            told = (each / "cmdline").read_bytes() + (each / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in told:
            found.append(told[:80].decode(errors="replace").replace("\0", " "))
    return found


async def none_left(folder: Path) -> list[str]:
    for _ in range(100):
        left = processes_of(folder)
        if not left:
            return []
        await asyncio.sleep(0.1)
    return left


async def test_killed_supervisor_leaves_no_process_and_the_next_one_starts_on_its_data(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "var"
    killed = await start_supervisor(folder)
    ports = (folder / "ports.json").read_text()
    assert len(processes_of(folder)) > 8
    killed.kill()
    await killed.wait()
    assert await none_left(folder) == []

    again = await start_supervisor(folder)
    assert (folder / "ports.json").read_text() == ports
    assert again.stdin is not None
    again.stdin.close()
    assert await again.wait() == 0
    assert await none_left(folder) == []


async def test_two_platforms_do_not_share_a_folder(tmp_path: Path) -> None:
    first = Platform(tmp_path / "var", keep=True, say=print)
    with pytest.raises(PlatformFailed, match="another platform"):
        Platform(tmp_path / "var", keep=True, say=print)
    first.stop()
