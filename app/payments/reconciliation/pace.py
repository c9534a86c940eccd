"""Paces requests to Stripe, within its rate limits."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from typing import TypeVar

from app.extensions import db
from app.payments.events.payloads import StripeObject
from app.payments.reconciliation.subject import Found, Subject
from app.payments.stripe.client import StripeBusy
from app.payments.stripe.listing import PAGE, Span
from app.queue.backoff import RetryPolicy

log = logging.getLogger(__name__)

PAUSE = 0.1
"""Seconds between two requests: Stripe allows 25 a second, and clients pay meanwhile."""
BUSY = RetryPolicy(first=timedelta(seconds=2), longest=timedelta(hours=1), max_attempts=8)
"""The pauses after Stripe's rate limit, unless Stripe says how long to wait."""
MOST = 3 * PAGE
"""The most objects in memory."""
MAX_ONE_BY_ONE = 50
"""The most single lookups in one step, which must end well before the job's time limit."""
SHORTEST = timedelta(seconds=1)
"""The resolution of Stripe's times."""

Answer = TypeVar("Answer")


class Pace:
    """Sends requests one by one with pauses, and waits out rate limits for at most `patience` seconds."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._next = 0.0

    def ask(self, request: Callable[[], Answer]) -> Answer:
        """Stripe's answer, without an open transaction. Raises StripeAway, StripeRefused."""
        db.session.commit()
        for tries in count(1):
            time.sleep(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + PAUSE
            try:
                return request()
            except StripeBusy as error:
                pause = BUSY.delay_unless_last(tries)
                if pause is None:
                    raise
                wait = error.retry_after or pause.total_seconds()
                if wait > self._patience:
                    raise
                log.warning("Stripe is busy, waiting for %.1f s", wait)
                self._next = time.monotonic() + wait
        raise AssertionError("unreachable")


def listed(subject: Subject, span: Span, pace: Pace) -> Found | None:
    """All objects of a span, the oldest first, with those that only we hold; None if there are too many."""
    may_be_parted = span.length > SHORTEST
    held = subject.held(span, MOST + 1 if may_be_parted else None)
    if len(held) > MOST and may_be_parted:
        return None
    newest_first: dict[str, StripeObject] = {}
    page = pace.ask(partial(subject.page, span, None))
    while True:
        newest_first |= {thing["id"]: thing for thing in page.objects}
        if page.after is None:
            break
        if len(newest_first) >= MOST and may_be_parted:
            return None
        page = pace.ask(partial(subject.page, span, page.after))
    oldest_first = list(newest_first.values())[::-1]
    oldest_first.sort(key=lambda thing: thing["created"])  # several lists, one after the other
    found: dict[str, StripeObject | None] = {thing["id"]: thing for thing in oldest_first}
    missing = [stripe_id for stripe_id in held if stripe_id not in found]
    if subject.find and len(missing) > MAX_ONE_BY_ONE and may_be_parted:
        return None
    return found | {stripe_id: looked_up(subject, stripe_id, pace) for stripe_id in missing}


def looked_up(subject: Subject, stripe_id: str, pace: Pace) -> StripeObject | None:
    """One object as it is now. Raises StripeAway, StripeRefused."""
    return pace.ask(partial(subject.find, stripe_id)) if subject.find else None
