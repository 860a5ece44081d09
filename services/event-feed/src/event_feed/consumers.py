"""Door: Kafka in. Every event of the four topics is kept; who sees it is decided later."""

from chassis.consumer import Subscription
from contracts.events import EVENTS
from contracts.topics import FEED, read_by

from event_feed.flows.record_event import record_event


def table() -> list[Subscription]:
    read = {topic.name for topic in read_by(FEED)}
    return [Subscription(model, record_event) for model in EVENTS if model.topic in read]
