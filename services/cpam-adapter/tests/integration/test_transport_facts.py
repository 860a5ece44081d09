"""What a POST reports about the wire, against servers that misbehave on raw sockets."""

import asyncio
import contextlib
import socket
import struct

import pytest
from cpam_adapter.partner.post import Post

ENVELOPE = b"<a>" + b"x" * 200_000 + b"</a>"


class Wire:
    """One misbehaving server; `heard` is what reached it."""

    def __init__(self, behaviour):
        self.behaviour, self.heard, self.connections = behaviour, b"", 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/teledeclaration"
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer):
        self.connections, self.heard = self.connections + 1, b""
        with contextlib.suppress(OSError):
            await self.behaviour(self, reader, writer)
        writer.close()

    async def whole_request(self, reader):
        while not self.heard.endswith(b"</a>"):
            got = await reader.read(65536)
            if not got:
                return
            self.heard += got


def reset(writer):
    writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    writer.transport.abort()


async def close_at_once(wire, reader, writer):
    reset(writer)


async def cut_the_request(wire, reader, writer):
    wire.heard = await reader.read(1000)
    reset(writer)


async def hear_and_close(wire, reader, writer):
    await wire.whole_request(reader)


async def hear_and_keep_silent(wire, reader, writer):
    await wire.whole_request(reader)
    await reader.read()


async def answer_drop_by_drop(wire, reader, writer):
    await wire.whole_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(60):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.1)


async def answer_nonsense(wire, reader, writer):
    await wire.whole_request(reader)
    writer.write(b"SMTP ready\r\n\r\n")
    await writer.drain()


async def speak_no_tls(wire, reader, writer):
    await reader.read(100)
    writer.write(b"SMTP ready\r\n\r\n")
    await writer.drain()


async def answer_less_than_announced(wire, reader, writer):
    await wire.whole_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await writer.drain()


async def answer_without_end(wire, reader, writer):
    await wire.whole_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        await writer.drain()


async def answer_properly(wire, reader, writer):
    await wire.whole_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    await writer.drain()


@pytest.fixture
async def post_to(directory):
    posts = {}

    async def post(url):
        posts[url] = posts.get(url) or Post(url, longest_seconds=3.0)
        return await posts[url](directory.cpam_accounts[0], "DeposerDeclarations", ENVELOPE)

    yield post
    for each in posts.values():
        await each.close()


@pytest.mark.parametrize(
    ("behaviour", "sent", "failure"),
    [
        (cut_the_request, ("some", "all"), "connection"),
        (hear_and_close, ("all",), "connection"),
        (hear_and_keep_silent, ("all",), "time-out"),
        (answer_drop_by_drop, ("all",), "deadline"),
        (answer_nonsense, ("all",), "connection"),
        (answer_less_than_announced, ("all",), "connection"),
        (answer_without_end, ("all",), "too-large"),
    ],
)
async def test_a_failure_after_the_first_byte_never_looks_like_not_sent(
    post_to, behaviour, sent, failure
):
    async with Wire(behaviour) as wire:
        exchange = await post_to(wire.url)
    assert exchange.sent in sent
    assert not exchange.whole
    assert exchange.failure in (failure, "deadline")
    assert wire.connections == 1


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9/x", "http://no-such-host.invalid/x"],
    ids=["refused", "no such host"],
)
async def test_without_a_connection_nothing_was_sent(post_to, url):
    exchange = await post_to(url)
    assert (exchange.sent, exchange.whole, exchange.status) == ("nothing", False, None)


async def test_a_failed_tls_handshake_sent_nothing(post_to):
    async with Wire(speak_no_tls) as wire:
        exchange = await post_to(wire.url.replace("http://", "https://"))
    assert exchange.sent == "nothing"


async def test_each_post_has_a_connection_of_its_own(post_to):
    async with Wire(answer_properly) as wire:
        first, second = await post_to(wire.url), await post_to(wire.url)
    assert (first.whole, second.whole, first.body) == (True, True, b"ok")
    assert wire.connections == 2


async def test_a_connection_closed_before_the_request_is_told_as_it_was(post_to):
    async with Wire(close_at_once) as wire:
        exchange = await post_to(wire.url)
    assert not exchange.whole
    assert exchange.status is None
