"""`flask doctor`: checks this deployment and says what to do about each fault."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from kombu.exceptions import KombuError
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.cli import doctor_clock
from app.cli.doctor_stripe import stripe_key, webhook
from app.cli.errors import broker_remedy, database_remedy, first_line, smtp_remedy
from app.cli.findings import Finding
from app.config.settings import Settings, current_settings
from app.emails import smtp as emails_smtp
from app.extensions import db
from app.monitoring import beats
from app.queue.enqueue import BrokerAway, enqueue, eviction_policy, ping_broker
from app.queue.names import PINGS, QueueNames

__all__ = ["Finding", "examine", "stripe_key"]

WORKER_ANSWERS_WITHIN = 5
"""Seconds."""
BEAT_SIGNS_WITHIN = beats.PAUSE + 5
"""The longest silence of a running beat in seconds, also after Redis lost its data."""


def examine() -> Iterator[Finding]:
    """Check every dependency, and yield the findings."""
    settings = current_settings()
    for look in (_database, _broker, _worker, stripe_key, webhook, smtp):
        yield look(settings)
    yield from _beats(settings)
    yield from doctor_clock.differences(settings)


def _database(_: Settings) -> Finding:
    try:
        logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
        with db.engine.connect() as connection:
            at = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        seen = first_line(getattr(error, "orig", error))
        return Finding("database", seen, database_remedy(seen))
    head = ScriptDirectory(str(Path(current_app.root_path).parent / "migrations")).get_current_head()
    if at != head:
        return Finding("database", f"at migration {at}, the code needs {head}", "Run: flask db upgrade")
    return Finding("database", f"answers, migrated to {at}")


def _broker(settings: Settings) -> Finding:
    variable = "BROKER_URL" if settings.broker_url else "REDIS_URL"
    try:
        ping_broker(settings)
        policy = eviction_policy(settings)
    except (RedisError, KombuError, OSError) as error:
        remedy = broker_remedy(error).replace("REDIS_URL or BROKER_URL", variable)
        return Finding("broker", first_line(error), remedy)
    if policy not in {"", "noeviction"}:
        seen = f"drops jobs when its memory is full: maxmemory-policy is {policy}"
        return Finding("broker", seen, "Set it to noeviction, at its host or with CONFIG SET.")
    return Finding("broker", "answers")


def _worker(settings: Settings) -> Finding:
    """Run a job on each queue: accepting a message does not prove that a worker reads the queue."""
    signs = {queue: f"doctor:{queue}:{uuid4()}" for queue in QueueNames}
    try:
        for queue, sign in signs.items():
            enqueue(PINGS[queue], sign)
        with Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2) as redis:
            _within(WORKER_ANSWERS_WITHIN, lambda: redis.exists(*signs.values()) == len(signs))
            idle = [queue for queue, sign in signs.items() if not redis.exists(sign)]
    except (BrokerAway, RedisError) as error:
        return Finding("worker", first_line(error), "Correct the broker first.")
    if idle:
        seen = f"no job done within {WORKER_ANSWERS_WITHIN} s on the queues {', '.join(idle)}"
        return Finding("worker", seen, "Start the Procfile's worker and mailer.")
    return Finding("worker", "all queues are worked on")


def _beats(settings: Settings) -> Iterator[Finding]:
    """A finding if several beats run, or none. Another check reports an unreachable Redis."""
    try:
        _within(BEAT_SIGNS_WITHIN, lambda: bool(beats.running(settings.redis_url)))
        running = beats.running(settings.redis_url)
    except RedisError:
        return
    if not running:
        yield Finding(
            "beat", f"none runs: no heartbeat for {BEAT_SIGNS_WITHIN} s", "Start the Procfile's beat."
        )
    if len(running) > 1:
        seen = f"{len(running)} run: {', '.join(running)}"
        remedy = f"Stop all but one. After a deployment the old one is still listed for {beats.KEPT} s."
        yield Finding("beat", seen, remedy)


def smtp(settings: Settings) -> Finding:
    """Connect and log in without sending."""
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        emails_smtp.check()
    except emails_smtp.Unreachable as error:
        return Finding("SMTP", f"{where}: {error}", smtp_remedy(error))
    return Finding("SMTP", f"{where} takes our mail")


def _within(seconds: float, look: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return seen
