"""The broker's jars, as named and hashed in `deploy/local/kafka/jars.lock`, kept in `.tools/kafka`.

The lock holds no address: Maven's client knows where its repository is. What comes out is a class
path whose every file has the committed hash.
"""

from __future__ import annotations

import hashlib
import os
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local_platform.failure import PlatformFailed
from local_platform.places import LOCAL, TOOLS

if TYPE_CHECKING:
    from jgo.maven import MavenContext

LOCK = LOCAL / "kafka" / "jars.lock"
WANTED = ("org.apache.kafka:kafka_2.13:4.3.1", "org.slf4j:slf4j-simple:1.7.36")
# The commands for topics and rights; the web server this jar asks for as well is never started.
ALONE = ("org.apache.kafka:kafka-tools:4.3.1",)


@dataclass(frozen=True, order=True)
class Jar:
    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file(self) -> Path:
        return TOOLS / "kafka" / f"{self.artifact}-{self.version}.jar"

    def is_here(self) -> bool:
        return self.file.exists() and hash_of(self.file) == self.sha256


def read_lock() -> list[Jar]:
    rows = (
        line.split() for line in LOCK.read_text().splitlines() if line and not line.startswith("#")
    )
    return [Jar(*row) for row in rows]


def class_path() -> str:
    """The jars of the lock, fetched where missing; another file than the committed stops it."""
    jars = read_lock()
    (TOOLS / "kafka").mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(_fetch, [jar for jar in jars if not jar.is_here()]))
    return ":".join(str(jar.file) for jar in jars)


def maven() -> MavenContext:
    # Half a second to import, and needed once a machine.
    from jgo.maven import MavenContext

    # As pip and uv do, trust what the machine trusts: a company's own authority is only there.
    system = ssl.get_default_verify_paths().openssl_cafile
    debian = "/etc/ssl/certs/ca-certificates.crt"
    for bundle in (system, debian):
        if Path(bundle).exists():
            os.environ.setdefault("REQUESTS_CA_BUNDLE", bundle)
    return MavenContext(repo_cache=TOOLS / "maven", timeout=60)


def resolve() -> list[Jar]:
    """Walks the POMs of `WANTED` and returns what they need today: what `jars.lock` must say.

    Beside them the jars of `ALONE`, without what they ask for."""
    client = maven()
    given, needed = client.resolver.resolve([client.create_dependency(name) for name in WANTED])
    alone = [client.create_dependency(name) for name in ALONE]
    jars = {
        Jar(found.groupId, found.artifactId, found.version, hash_of(found.artifact.resolve()))
        for found in [*given, *needed, *alone]
        if found.scope not in ("test", "provided")
    }
    return sorted(jars)


def write_lock() -> None:
    lines = [f"{jar.group} {jar.artifact} {jar.version} {jar.sha256}" for jar in resolve()]
    head = "# group artifact version sha256; written by `python -m local_platform.kafka_jars`"
    LOCK.write_text("\n".join([head, *lines]) + "\n")


def hash_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _fetch(jar: Jar) -> None:
    found = maven().project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
    if hash_of(found) != jar.sha256:
        found.unlink()
        raise PlatformFailed(f"{jar.artifact} {jar.version}: not the file named in {LOCK.name}")
    # A rename, so that a process killed here leaves no half jar under the final name.
    half = jar.file.with_suffix(".part")
    half.write_bytes(found.read_bytes())
    half.rename(jar.file)
    found.unlink()


if __name__ == "__main__":
    write_lock()
    sys.stdout.write(f"{len(read_lock())} jars in {LOCK.name}\n")
