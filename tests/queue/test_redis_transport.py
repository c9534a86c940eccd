"""The two faults of kombu's transport for Redis that ours mends, on stock kombu and on ours."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection, Consumer, Queue
from kombu.transport import TRANSPORT_ALIASES, redis

from app.queue import redis_transport
from sandbox.valkey import Valkey

MENDED = "kombu has mended this: drop {} from app/queue/redis_transport.py, and this test"
ONE_AT_A_TIME = 1
Transport = type[redis.Transport]


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path)
    server.start()
    yield server
    server.stop()


def connection_by(transport: Transport, server: Valkey) -> Connection:
    return Connection(server.url, transport=transport, transport_options={"socket_timeout": 1})


def reads_on_after_a_lost_acknowledgement(transport: Transport, server: Valkey) -> bool:
    """Whether a channel takes another job, once Redis has gone away while one was acknowledged."""
    with connection_by(transport, server) as connection:
        channel = connection.channel()
        jobs = []
        consumer = Consumer(channel, [Queue("jobs")], on_message=jobs.append, prefetch_count=ONE_AT_A_TIME)
        connection.Producer(channel).publish("a job", routing_key="jobs", declare=[Queue("jobs")])
        with consumer:
            connection.drain_events(timeout=5)
            assert not channel.qos.can_consume()
            server.stop()
            with pytest.raises(connection.connection_errors):
                jobs[0].ack()
            reads_on = bool(channel.qos.can_consume())
            server.start()
    return reads_on


def keeps_its_client(transport: Transport, server: Valkey) -> bool:
    """Whether two commands of a channel share one client."""
    with connection_by(transport, server) as connection:
        channel = connection.channel()
        with channel.conn_or_acquire() as one, channel.conn_or_acquire() as other:
            return one is other


def test_stock_kombu_falls_silent_after_a_lost_acknowledgement(valkey: Valkey) -> None:
    assert not reads_on_after_a_lost_acknowledgement(redis.Transport, valkey), MENDED.format("QoS")


def test_a_channel_reads_on_after_a_lost_acknowledgement(valkey: Valkey) -> None:
    assert reads_on_after_a_lost_acknowledgement(redis_transport.Transport, valkey)


def test_stock_kombu_makes_a_client_for_each_command(valkey: Valkey) -> None:
    assert not keeps_its_client(redis.Transport, valkey), MENDED.format("Channel")


def test_a_channel_keeps_its_client(valkey: Valkey) -> None:
    assert keeps_its_client(redis_transport.Transport, valkey)


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_it_is_what_every_connection_to_redis_uses(scheme: str) -> None:
    redis_transport.install()

    assert Connection(f"{scheme}://localhost").get_transport_cls() is redis_transport.Transport
    assert redis.Transport.Channel is redis.Channel, "kombu's own class stays as it is"
    assert TRANSPORT_ALIASES["sentinel"] == "kombu.transport.redis:SentinelTransport"
