"""Writes `topics.tsv` from the registry of contracts: what compose and Kubernetes make the topics
and the access rules from, with Kafka's own tools. `make schemas` runs this; a test compares.
"""

from pathlib import Path

from contracts.topics import TOPICS

FILE = Path(__file__).with_name("topics.tsv")


def written() -> str:
    """One line a topic: name, partitions, writers, readers; the last two with commas."""
    rows = [
        (topic.name, str(topic.partitions), ",".join(topic.writers), ",".join(topic.readers))
        for topic in TOPICS
    ]
    return "".join("\t".join(row) + "\n" for row in rows)


if __name__ == "__main__":
    FILE.write_text(written(), "utf-8")
