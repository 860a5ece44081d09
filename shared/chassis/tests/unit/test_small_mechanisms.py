"""Partitions, failpoints, leases, patience, records: what can be tried without a server."""

import asyncio
import subprocess
import sys
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from aiokafka.partitioner import murmur2
from chassis import leases
from chassis.db import is_transient
from chassis.errors import Refused, Unavailable
from chassis.failpoints import KILLED
from chassis.held import describe
from chassis.partitions import partition_of
from chassis.patience import Patience, rest
from chassis.records import Record
from pydantic import BaseModel, ValidationError
from sqlalchemy import Column, MetaData, Table, Uuid
from sqlalchemy.exc import DBAPIError, IntegrityError


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"abc", 479470107),
    ],
)
def test_hash_of_the_key_is_that_of_kafkas_own_clients(key: bytes, hashed: int) -> None:
    """Values from the tests of Apache Kafka's own implementation, as signed 32-bit integers."""
    assert murmur2(key) == hashed % 2**32


@pytest.mark.parametrize(
    ("stream", "partition"),
    [
        ("00000000-0000-0000-0000-000000000000", 9),
        ("6f1c53a4-1f0c-5b0e-9a53-0d6f8e6d7a10", 0),
        ("ffffffff-ffff-ffff-ffff-ffffffffffff", 6),
    ],
)
def test_streams_stay_in_their_partition_for_ever(stream: str, partition: int) -> None:
    assert partition_of(UUID(stream)) == partition


def test_streams_spread_over_all_partitions() -> None:
    used = {partition_of(uuid4()) for _ in range(500)}
    assert used == set(range(12))


@pytest.mark.parametrize(("setting", "passes"), [("here", 1), ("here@3", 3)])
def test_failpoint_kills_at_the_pass_it_was_armed_for(setting: str, passes: int) -> None:
    program = (
        "from chassis.failpoints import arm, fp\n"
        f"arm({setting!r})\n"
        "for n in range(1, 9):\n"
        "    fp('elsewhere'); print(n, flush=True); fp('here')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == KILLED
    assert done.stdout.split() == [str(n) for n in range(1, passes + 1)]


def test_lease_that_ends_before_the_work_would_does_not_last() -> None:
    lease = leases.take(timedelta(seconds=30))
    assert lease.lasts(timedelta(seconds=20))
    assert not lease.lasts(timedelta(seconds=31))


def test_final_write_names_the_owner_of_the_lease() -> None:
    table = Table("work", MetaData(), Column("id", Uuid), *leases.columns())
    lease = leases.take(timedelta(seconds=30))
    sql = str(table.update().where(leases.mine(table, lease)).values(leases.RELEASED))
    assert "WHERE work.lease_owner = :lease_owner" in sql
    assert "lease_until IS NULL OR" in str(table.select().where(leases.free(table)))


def test_patience_doubles_up_to_its_limit_and_starts_again() -> None:
    patience = Patience(1.0, 10.0)
    seconds = [patience.next_seconds() for _ in range(6)]
    for given, wanted in zip(seconds, [1, 2, 4, 8, 10, 10], strict=True):
        assert 0.8 * wanted <= given <= 1.2 * wanted
    patience.reset()
    assert patience.next_seconds() <= 1.2


async def test_rest_ends_at_once_when_asked_to_stop() -> None:
    stop = asyncio.Event()
    resting = asyncio.create_task(rest(stop, 60))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(resting, 1)


@pytest.mark.parametrize("raw", [b"", b"null", b"{}", b"\xff\xfe", b'{"specversion":"1.0"}'])
def test_bytes_that_are_no_event_have_an_identity_all_the_same(raw: bytes) -> None:
    record = Record("t.v1", 0, 7, raw)
    assert record.event is None
    assert record.event_id == Record("t.v1", 3, 9, raw).event_id


class _Strict(BaseModel):
    pay: int


def test_failures_are_told_by_class_and_code_never_by_text() -> None:
    with pytest.raises(ValidationError) as invalid:
        _Strict.model_validate({"pay": "1850578006084"[:5] + "x"})
    assert describe(invalid.value) == ("ValidationError", "int_parsing")
    assert describe(Refused("case-unknown")) == ("Refused", "case-unknown")
    assert describe(KeyError("185057800608436")) == ("KeyError", None)


class _DriverError(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__()
        self.sqlstate = sqlstate


@pytest.mark.parametrize("state", ["08006", "53300", "57014", "57P01", "40001", "40P01", "55P03"])
def test_states_that_pass_by_themselves_are_transient(state: str) -> None:
    assert is_transient(DBAPIError("select", None, _DriverError(state)))


@pytest.mark.parametrize("state", ["23505", "22P02", "42703", "25P02", "40002"])
def test_states_that_stay_are_not_transient(state: str) -> None:
    assert not is_transient(IntegrityError("insert", None, _DriverError(state)))


@pytest.mark.parametrize(
    ("raised", "transient"),
    [
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (Unavailable("key service"), True),
        (FileNotFoundError(), False),
        (ValueError(), False),
        (Refused("no"), False),
    ],
)
def test_what_is_waited_for_and_what_is_held(raised: Exception, transient: bool) -> None:
    assert is_transient(raised) is transient
