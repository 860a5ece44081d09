"""Says what is wrong with the locks: an address, or not what the pyproject files ask for.

A fresh resolution is held at the locked versions, so that a release of today is no difference; then
every package must be there with its hashes, and none more.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from local_platform.places import ROOT

LOCKS = ("requirements.lock", "deploy/local/kafka/jars.lock")


def complaints() -> list[str]:
    found = [f"{name} holds an address" for name in LOCKS if "://" in (ROOT / name).read_text()]
    locked, fresh = entries((ROOT / "requirements.lock").read_text()), entries(fresh_export())
    found += [f"not locked: {name}" for name in sorted(fresh.keys() - locked.keys())]
    found += [f"locked and not needed: {name}" for name in sorted(locked.keys() - fresh.keys())]
    # Files may be added to a release later; one that was locked may not change.
    found += [
        f"another hash: {name}"
        for name in sorted(fresh.keys() & locked.keys())
        if not locked[name] <= fresh[name]
    ]
    return found


def entries(text: str) -> dict[str, set[str]]:
    """Requirement (name, version, marker) to its hashes."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if re.match(r"[a-z0-9]", line):
            name = line.rstrip("\\ ")
            found[name] = set()
        elif "--hash=" in line:
            found[name].add(line.strip().rstrip("\\ "))
    return found


def fresh_export() -> str:
    uv = str(Path(sys.executable).with_name("uv"))
    pins = [line.rstrip("\\ ") for line in entries((ROOT / "requirements.lock").read_text())]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        members = [ROOT / "pyproject.toml", *ROOT.glob("*/*/pyproject.toml")]
        for file in members:
            copy = folder / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
        root = folder / "pyproject.toml"
        held = f"package = false\nconstraint-dependencies = {pins!r}\n"
        root.write_text(root.read_text().replace("package = false\n", held))
        export = "export --quiet --frozen --all-packages --all-groups --no-emit-workspace"
        export += " --no-header --no-annotate --format requirements.txt"
        for command in (["lock", "--quiet"], export.split()):
            done = subprocess.run(
                [uv, *command, "--project", scratch, "--python", sys.executable],
                check=False, capture_output=True, text=True,
            )  # fmt: skip
            if done.returncode:
                raise SystemExit(f"uv {command[0]} failed: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    wrong = complaints()
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    raise SystemExit(1 if wrong else 0)
