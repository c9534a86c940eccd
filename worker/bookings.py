"""Holds."""

from celery import shared_task

from app.bookings import lifecycle
from app.extensions import now
from app.jobs import enqueue_each
from worker import Sweep

BATCH = 500


@shared_task(name="bookings.expire_holds", base=Sweep)
def expire_holds() -> int:
    """Holds that ran out, each released by a job of its own; how many there were."""
    return enqueue_each("payments.release_hold", lifecycle.with_stale_holds(now(), BATCH))
