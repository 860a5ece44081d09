"""Who writes and who reads each topic; a topic without a reader does not exist.

Twelve partitions, fixed within a version of the topic: the key is the stream, and adding partitions
would send one stream to two places.
"""

from dataclasses import dataclass

PARTITIONS = 12

GATEWAY = "declaration-gateway"
ADAPTER = "cpam-adapter"
COLLECTOR = "bpij-collector"
MATCHER = "matcher"
FEED = "event-feed"
NOTIFIER = "notifier"


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    partitions: int = PARTITIONS


DECLARATIONS = Topic("declarations.v1", (GATEWAY,), (ADAPTER, MATCHER, FEED))
SUBMISSIONS = Topic("submissions.v1", (ADAPTER,), (GATEWAY, MATCHER, FEED))
STATEMENTS = Topic("statements.v1", (COLLECTOR,), (MATCHER, FEED))
CASES = Topic("cases.v1", (MATCHER,), (GATEWAY, NOTIFIER, FEED))
INCIDENTS = Topic(
    "incidents.v1", (GATEWAY, ADAPTER, COLLECTOR, MATCHER, FEED, NOTIFIER), (NOTIFIER,)
)

TOPICS = (DECLARATIONS, SUBMISSIONS, STATEMENTS, CASES, INCIDENTS)


def read_by(service: str) -> tuple[Topic, ...]:
    return tuple(topic for topic in TOPICS if service in topic.readers)


def written_by(service: str) -> tuple[Topic, ...]:
    return tuple(topic for topic in TOPICS if service in topic.writers)
