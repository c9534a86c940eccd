"""kombu's transport for Redis, without two faults of kombu 5.7. Drop it once kombu has mended them.

`tests/queue/test_redis_transport.py` shows both, and fails on the first kombu that is without one of them.

A worker falls silent. If Redis goes away while a job is acknowledged, kombu does not give the job's prefetch
credit back. Once every slot of a worker has leaked like that, it never reads again, although it is alive
and connected. The job itself is delivered again. With a prefetch count of 1:

    message = channel.basic_get("a-queue")      # Redis is stopped after this line
    channel.basic_ack(message.delivery_tag)     # raises ConnectionError
    channel.qos.can_consume()                   # stays False

Each command makes a client. `Channel.conn_or_acquire` calls `_create_client` for each command, and that takes
longer than the command:

    with channel.conn_or_acquire() as one, channel.conn_or_acquire() as other:
        one is other                            # False
"""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis, virtual


class QoS(redis.QoS):
    def ack(self, delivery_tag: Any) -> None:
        try:
            super().ack(delivery_tag)
        except self.channel.connection_errors:  # type: ignore[attr-defined]
            virtual.QoS.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue=requeue)
        except self.channel.connection_errors:  # type: ignore[attr-defined]
            virtual.QoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    QoS = QoS
    _held: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        """The client of this channel's pool of connections; one that listens has a connection to itself."""
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[misc]
        if self._held is None or self._held.connection_pool is not self.pool:
            self._held = super()._create_client()  # type: ignore[misc]
        return self._held


class Transport(redis.Transport):
    Channel = Channel


def speaks(broker_url: str) -> bool:
    """Whether it applies to this broker; the other one is RabbitMQ."""
    return broker_url.startswith("redis")


def install() -> None:
    """Register it under kombu's names for Redis transports, for all connections of this process."""
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), f"{__name__}:{Transport.__name__}"))
