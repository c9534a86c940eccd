"""Holds."""

from celery import shared_task

from app.bookings import lifecycle
from app.extensions import now
from app.jobs import enqueue

BATCH = 500


@shared_task(name="bookings.expire_holds")
def expire_holds() -> None:
    """Holds that ran out; each is released by a job of its own."""
    for booking_id in lifecycle.with_stale_holds(now(), BATCH):
        enqueue("payments.release_hold", str(booking_id))
