"""What is said of a server that keeps us from working names that server, and no other."""

import pytest
from aiokafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError
from chassis.broker import Broker
from chassis.servers import describe
from sqlalchemy.exc import TimeoutError as PoolTimeout

NOBODY = Broker("127.0.0.1:1", user="matcher")


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (KafkaTimeoutError("no answer"), "kafka: KafkaTimeoutError"),
        (
            TopicAuthorizationFailedError("cases.v1"),
            "kafka: TopicAuthorizationFailedError: user matcher may not use cases.v1",
        ),
        (ConnectionRefusedError(111, "refused"), "database: ConnectionRefusedError"),
        (TimeoutError(), "database: TimeoutError"),
        (PoolTimeout("nothing free"), "database: TimeoutError"),
        (FileNotFoundError(2, "/run/secrets/ca.pem"), "FileNotFoundError"),
        (LookupError("2840775123456"), "LookupError"),
    ],
)
async def test_trouble_is_told_with_its_server_and_without_its_text(
    trouble: Exception, told: str
) -> None:
    assert await describe(trouble, NOBODY) == told
