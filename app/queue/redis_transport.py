"""The broker's end of kombu, which speaks Redis for Celery, mended in two places (kombu 5.7).

Acknowledging a job that is done although the broker has just gone: kombu forgets to give the prefetch credit
back when an acknowledgement fails on the wire. Once every slot of a worker has leaked like that, it never
reads again, alive and silent. The job itself is delivered again.

One client a channel: kombu makes one for each command, which takes longer than the command.
"""

from typing import Any

from kombu.transport import redis, virtual


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


def speaks(broker_url: str) -> bool:
    """Whether it is for this broker; the other is RabbitMQ."""
    return broker_url.startswith("redis")


def install() -> None:
    """Use it for all connections to Redis of this process."""
    redis.Transport.Channel = Channel
