"""The way from a request to a worker: by task name and ids, never by importing the worker."""

import logging
from collections.abc import Sequence
from uuid import UUID

from celery import Celery
from kombu.exceptions import OperationalError
from redis import Redis
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from app.config import Settings
from app.context import request_id
from app.extensions import db
from app.problems import Unavailable

log = logging.getLogger(__name__)

queue = Celery("culturebridge")
queue.config_from_object("celeryconfig")

_WAITING = "jobs to enqueue after the commit"


class BrokerAway(Unavailable):
    slug = "broker-away"


def ping_broker(settings: Settings) -> None:
    """Returns when the broker answers, within two seconds. Raises what its client raises when it does not."""
    if settings.broker.startswith("redis"):
        with Redis.from_url(settings.broker, socket_timeout=2, socket_connect_timeout=2) as redis:
            redis.ping()
    else:
        with queue.connection_for_write(connect_timeout=2) as connection:
            connection.ensure_connection(max_retries=0)


def enqueue(task: str, *ids: str) -> None:
    """Put a job on its queue, within a second. Raises BrokerAway."""
    try:
        queue.send_task(task, args=ids, headers={"request_id": request_id.get()})
    except OperationalError as error:
        raise BrokerAway(
            "The task queue does not answer. Nothing was done; send the request again."
        ) from error


def enqueue_each(task: str, ids: Sequence[UUID | str]) -> int:
    """Put one job a row on its queue; how many. Raises BrokerAway."""
    for row_id in ids:
        enqueue(task, str(row_id))
    return len(ids)


def after_commit(task: str, *ids: str) -> None:
    """Enqueue a job once the running transaction is committed, and never if it is not.

    A broker that is away then costs only time: the row that the job is about is found by its sweep.
    A savepoint that is rolled back takes no job back: the job looks for its row and finds none.
    """
    db.session().info.setdefault(_WAITING, []).append((task, ids))


@event.listens_for(Session, "after_commit")
def _enqueue_waiting(session: Session) -> None:
    if session.in_nested_transaction():  # only a savepoint was released: no other session sees the rows yet
        return
    for task, ids in session.info.pop(_WAITING, []):
        try:
            enqueue(task, *ids)
        except BrokerAway:
            log.warning("the broker is away: %s %s is left to its sweep", task, ids)


@event.listens_for(Session, "after_soft_rollback")
def _forget_waiting(session: Session, rolled_back: SessionTransaction) -> None:
    if not rolled_back.nested:
        session.info.pop(_WAITING, None)
