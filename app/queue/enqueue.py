"""Enqueues jobs by task name and ids, without importing the worker."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from celery import Celery
from kombu import Connection
from kombu.exceptions import KombuError, OperationalError
from redis import Redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from app.config.settings import Settings
from app.extensions import db
from app.http.problems import Unavailable
from app.observability.context import request_id
from app.queue import direct_messages, redis_transport
from app.queue.names import MOST_IDS, TaskNames

log = logging.getLogger(__name__)

redis_transport.install()
queue = Celery("culturebridge")
queue.config_from_object("celeryconfig")

NO_SUCH_QUEUE = 404
"""AMQP 0-9-1's reply code "not-found"."""
Job = tuple[TaskNames, tuple[str, ...]]
"""A task and its arguments."""
_WAITING = "jobs to enqueue after the commit"
MAX_WAITING = 500
"""With this many jobs on a queue, a walk that seems lost is not resumed: its next turn may be among them."""


class BrokerAway(Unavailable):
    slug, title = "broker-away", "Task queue away"
    meaning = "The task queue does not answer. Nothing was done."
    remedy = "Send the same request again after the seconds in the Retry-After header."


def ping_broker(settings: Settings) -> None:
    """Check within two seconds that the broker answers. Raises its client's errors."""
    if redis_transport.speaks(settings.broker):
        with Redis.from_url(settings.broker, socket_timeout=2, socket_connect_timeout=2) as redis:
            redis.ping()
    else:
        with queue.connection_for_write(connect_timeout=2) as connection:
            connection.ensure_connection(max_retries=0)


def eviction_policy(settings: Settings) -> str:
    """Redis' `maxmemory-policy`; empty if it does not say.

    INFO has it where a managed host forbids CONFIG. Raises its client's errors.
    """
    if not redis_transport.speaks(settings.broker):
        return ""
    with Redis.from_url(settings.broker, socket_timeout=2, socket_connect_timeout=2) as redis:
        try:
            return str(redis.info("memory").get("maxmemory_policy", ""))
        except ResponseError:  # forbidden as well
            return ""


def enqueue(task: TaskNames, *ids: str) -> None:
    """Put a job on its queue, within a second. Raises BrokerAway."""
    with _broker_away():
        queue.send_task(task, args=ids, headers=_headers())


def enqueue_behind(other: TaskNames, task: TaskNames, *ids: str) -> None:
    """Put a job on the queue of another task, behind the jobs there. Raises BrokerAway."""
    with _broker_away():
        queue.send_task(task, args=ids, headers=_headers(), queue=_queue_of(other))


def enqueue_directly(task: TaskNames, *arguments: str) -> None:
    """Like `enqueue` in a third of its time. Raises BrokerAway.

    It omits what `send_task` does for results, schedules and nested tasks.
    """
    amqp, broker_url = queue.amqp, queue.conf.broker_url
    message = amqp.create_task_message(str(uuid4()), task, arguments, argsrepr="", kwargsrepr="")
    with _broker_away():
        if redis_transport.speaks(broker_url):
            headers, properties, body, _ = message
            direct_messages.put(broker_url, _queue_of(task), headers | _headers(), properties, body)
        else:
            with queue.producer_or_acquire() as producer:
                amqp.send_task_message(
                    producer, task, message, headers=_headers(), **amqp.router.route({}, task)
                )


def _headers() -> dict[str, str]:
    return {"request_id": request_id.get()}


@contextmanager
def _broker_away() -> Iterator[None]:
    try:
        yield
    except (OperationalError, RedisError) as error:
        raise BrokerAway(
            "The task queue does not answer. Nothing was done; send the request again."
        ) from error


def waiting_for(task: TaskNames) -> int:
    """The number of jobs on the queue of a task. Raises BrokerAway."""
    name = _queue_of(task)
    return depths(name)[name]


def _queue_of(task: TaskNames) -> str:
    return str(queue.amqp.router.route({}, task)["queue"].name)


def depths(*names: str) -> dict[str, int]:
    """The number of messages on each queue. Raises BrokerAway, also if the broker refuses the login."""
    with queue.connection_for_write(connect_timeout=1) as connection:
        refusals: tuple[type[BaseException], ...] = connection.connection_errors + connection.channel_errors
        unknown: tuple[type[BaseException], ...] = (KombuError, RedisError, OSError, *refusals)
        try:
            return {name: _depth(connection, name) for name in names}
        except unknown as error:
            raise BrokerAway("The task queue does not answer.") from error


def _depth(connection: Connection, name: str) -> int:
    channel: Any = connection.channel()
    try:
        return int(channel.queue_declare(name, passive=True).message_count)
    except connection.channel_errors as error:
        if int(getattr(error, "reply_code", 0)) != NO_SUCH_QUEUE:
            raise
        return 0  # nothing was put on it yet


def joined(jobs: Iterable[Job]) -> list[Job]:
    """The jobs, with the ids of several in one where MOST_IDS allows it."""
    found: list[Job] = []
    latest: dict[TaskNames, int] = {}
    for task, ids in jobs:
        place = latest.get(task)
        if place is not None and task in MOST_IDS and len(found[place][1] + ids) <= MOST_IDS[task]:
            found[place] = (task, found[place][1] + ids)
        else:
            latest[task] = len(found)
            found.append((task, ids))
    return found


def after_commit(task: TaskNames, *ids: str) -> None:
    """Enqueue a job after the commit of the current transaction, and never without it.

    If the broker is away then, a sweep finds the job's row later. A savepoint that is rolled back does not
    cancel the job, which then finds no row.
    """
    db.session().info.setdefault(_WAITING, []).append((task, ids))


@event.listens_for(Session, "after_commit")
def _enqueue_waiting(session: Session) -> None:
    if (
        session.in_nested_transaction()
    ):  # only a savepoint was released: other sessions do not see the rows yet
        return
    jobs = joined(session.info.pop(_WAITING, []))
    for done, (task, ids) in enumerate(jobs):
        try:
            enqueue_directly(task, *ids)
        except BrokerAway:  # do not wait for the broker again for each of the others
            log.warning("the broker does not answer, so sweeps will enqueue these: %s", jobs[done:])
            return


@event.listens_for(Session, "after_soft_rollback")
def _forget_waiting(session: Session, rolled_back: SessionTransaction) -> None:
    if not rolled_back.nested:
        session.info.pop(_WAITING, None)
