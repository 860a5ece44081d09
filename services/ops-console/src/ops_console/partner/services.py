"""All the services that the console asks, each through a client with a token of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from chassis.http import http_client
from chassis.tokens import TokenSource
from contracts import topics
from pydantic import SecretStr

from ops_console.partner.adapter import Adapter
from ops_console.partner.collector import Collector
from ops_console.partner.matcher import Matcher
from ops_console.partner.notifier import Notifier
from ops_console.partner.upstream import Upstream

_TIMEOUT = httpx.Timeout(4.0, connect=1.0)


@dataclass(frozen=True, slots=True)
class Services:
    """`all` in the order of the health board."""

    all: tuple[Upstream, ...]
    matcher: Matcher
    adapter: Adapter
    collector: Collector
    notifier: Notifier
    clients: tuple[httpx.AsyncClient, ...]

    async def close(self) -> None:
        for client in self.clients:
            await client.aclose()


def reach(addresses: Mapping[str, str], *, client_id: str, secret: SecretStr) -> Services:
    """`addresses` by folder name, among them the gateway, which issues the tokens."""
    desk = http_client(timeout=_TIMEOUT)
    clients = {
        name: http_client(
            base_url=address,
            timeout=_TIMEOUT,
            auth=TokenSource(desk, addresses[topics.GATEWAY], client_id, secret, name),
        )
        for name, address in addresses.items()
    }
    upstreams = {name: Upstream(name, client) for name, client in clients.items()}
    return Services(
        all=tuple(upstreams.values()),
        matcher=Matcher(upstreams[topics.MATCHER]),
        adapter=Adapter(upstreams[topics.ADAPTER]),
        collector=Collector(upstreams[topics.COLLECTOR]),
        notifier=Notifier(upstreams[topics.NOTIFIER]),
        clients=(desk, *clients.values()),
    )
