"""Periodic tasks that compare Stripe's records with our books."""

import logging
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta

from celery import Task, shared_task

from app import alerts
from app.alerts import AlertKind
from app.extensions import db, now
from app.payments.reconciliation import run, schedule
from app.payments.reconciliation.progress import Reconciliation
from app.payments.reconciliation.windows import Window, nightly, recent
from app.payments.stripe import client as stripe_client
from app.queue.enqueue import enqueue
from app.queue.names import TaskNames
from worker.task import PeriodicTask, retry_later

log = logging.getLogger(__name__)

MAX_TURN = 20
"""Seconds that one turn works before it frees the worker."""
PATIENCE = 5
"""Seconds that it waits for a rate limit of Stripe."""
NEXT_TURN = "next"
"""The argument of a job that takes the next turn of a run."""
LATER = timedelta(seconds=MAX_TURN)
"""Seconds until a retry, when another run has ended or Stripe has recovered."""


@shared_task(name=TaskNames.RECONCILE_RECENT, base=PeriodicTask, bind=True, max_retries=None)
def reconcile_recent(self: "Task[..., int]", turn: str = "") -> int:
    """Compare what is new if it is time, in several turns. Returns how much was settled.

    `turn` is empty for beat's job, which begins a run, or resumes one whose next turn was lost.
    """
    window = recent()
    if not turn and not schedule.is_due(window):
        return 0
    try:
        stages = _turn(window)
    except run.AnotherAtWork as error:
        log.warning("the reconciliation waits: %s", error)
        if turn:
            retry_later(self, LATER, error)
        return 0
    except (stripe_client.StripeAway, stripe_client.StripeRefused) as error:
        log.warning("no reconciliation this time: %s", error)
        return 0
    if not all(row.is_done for row in stages):
        enqueue(TaskNames.RECONCILE_RECENT, NEXT_TURN)
    return _settled(stages)


@shared_task(name=TaskNames.RECONCILE_NIGHTLY, base=PeriodicTask, bind=True, max_retries=None)
def reconcile_nightly(self: "Task[..., int]") -> int:
    """Compare the last days and everything still open, in several turns."""
    try:
        stages = _turn(nightly())
    except (
        stripe_client.KeyRefused,
        stripe_client.StripeRefused,
    ) as error:  # and will be refused again
        _tell(error.reason if isinstance(error, stripe_client.KeyRefused) else str(error))
        return 0
    except (run.AnotherAtWork, stripe_client.StripeAway) as error:
        log.warning("the nightly reconciliation waits: %s", error)
        retry_later(self, LATER, error)
        return 0
    if not all(row.is_done for row in stages):
        enqueue(TaskNames.RECONCILE_NIGHTLY)
    return _settled(stages)


def _turn(window: Window) -> Sequence[Reconciliation]:
    """Run one turn. Returns the progress, from which the next turn continues."""
    began = time.monotonic()
    stages: Sequence[Reconciliation] = []
    with closing(run.run(window, PATIENCE)) as steps:
        for stages in steps:
            is_done = all(row.is_done for row in stages)  # the remaining work belongs to this turn
            if time.monotonic() - began > MAX_TURN and not is_done:
                break
    return stages


def _tell(refusal: str) -> None:
    db.session.rollback()
    what = f"Stripe refuses what the nightly comparison with our books asks for: {refusal}"
    alerts.record(AlertKind.RECONCILIATION, f"{now():%Y-%m-%d}", what)


def _settled(stages: Sequence[Reconciliation]) -> int:
    return sum(row.settled for row in stages)
