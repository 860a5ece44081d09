"""How far behind: by topic, of the partitions that this worker has."""

from uuid import uuid4

from chassis.positions import Place
from chassis.watching import watch_lag
from prometheus_client import REGISTRY

TOPICS = ("cases.v1", "statements.v1")


def place(topic, partition, next_offset):
    return Place(topic, partition, next_offset, uuid4())


def shown(service):
    name = "jonction_consumer_lag"
    return [
        REGISTRY.get_sample_value(name, {"service": service, "topic": topic}) for topic in TOPICS
    ]


def test_lag_is_told_for_each_topic():
    places = [place("cases.v1", 0, 5), place("cases.v1", 1, 2), place("statements.v1", 0, 7)]
    ends = {("cases.v1", 0): 9, ("cases.v1", 1): 3, ("statements.v1", 0): 7}
    assert watch_lag("one", TOPICS, places, ends) == 5
    assert shown("one") == [5, 0]


def test_partitions_that_another_worker_took_over_are_no_lag_of_this_one():
    ends = {("cases.v1", 0): 9}
    watch_lag("two", TOPICS, [place("cases.v1", 0, 5)], ends)
    assert watch_lag("two", TOPICS, [], ends) == 0
    assert shown("two") == [0, 0]
