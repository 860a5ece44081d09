"""The committed lock of the broker's jars is what resolving gives."""

from local_platform.kafka_jars import LOCK, class_path, hash_of, read_lock, resolve


def test_lock_equals_a_fresh_resolution() -> None:
    class_path()
    assert sorted(read_lock()) == resolve()


def test_every_jar_on_the_class_path_has_the_committed_hash() -> None:
    class_path()
    assert [jar.artifact for jar in read_lock() if hash_of(jar.file) != jar.sha256] == []


def test_lock_names_no_address() -> None:
    assert "://" not in LOCK.read_text()
