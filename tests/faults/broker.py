"""The broker dies with all that is queued, stays away, or has no room left."""

from redis import Redis

from tests.faults.fault import Fault, Scene


def killed(scene: Scene) -> None:
    scene.system.valkey.kill()
    scene.system.valkey.start()


def away(scene: Scene) -> None:
    scene.system.valkey.kill()
    scene.let_trade(scene.away_seconds)
    scene.system.valkey.start()


def full(scene: Scene) -> None:
    with scene.system.broker() as broker:
        _allow(broker, "1")
        scene.let_trade(scene.away_seconds)
        _allow(broker, "0")


def _allow(broker: Redis, bytes_at_most: str) -> None:
    broker.config_set("maxmemory-policy", "noeviction")
    broker.config_set("maxmemory", bytes_at_most)


KILLED = Fault("Valkey is killed, and comes back empty", killed)
AWAY = Fault("Valkey is away", away)
FULL = Fault("Valkey is full", full)

FAULTS = [
    KILLED,
    AWAY,
    FULL,
]
