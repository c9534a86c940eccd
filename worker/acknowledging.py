"""Acknowledging a job that is done although the broker has just gone.

kombu 5.7 forgets to give the prefetch credit back when an acknowledgement fails on the wire: once every slot
of a worker has leaked like that, it never reads again, alive and silent. The job itself is delivered again.
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


def install() -> None:
    """Use it for all channels to Redis of this process."""
    redis.Channel.QoS = QoS
