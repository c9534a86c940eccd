"""Compares Stripe's objects with our books, and settles differences with the event handlers.

Each object has its own transaction; none is open during calls to Stripe. A repeated run changes nothing.
"""

import logging
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import NullPool, create_engine, func, select

from app.config.settings import current_settings
from app.extensions import db
from app.observability import context
from app.payments.events.payloads import Mismatch, StripeObject, Unreadable
from app.payments.reconciliation import differences, disputes, events, intents, progress, refunds, sessions
from app.payments.reconciliation.differences import Sides
from app.payments.reconciliation.lists import AT_ONCE, Lister
from app.payments.reconciliation.pace import Pace
from app.payments.reconciliation.progress import Reconciliation
from app.payments.reconciliation.subject import Disagreement, Found, Subject
from app.payments.reconciliation.windows import Stage, Window
from app.payments.stripe import client as stripe_client
from app.payments.stripe.listing import Kind, Span

log = logging.getLogger(__name__)

SUBJECTS = {
    Stage.UNDELIVERED: events.UNDELIVERED,
    Stage.EVENTS: events.EVENTS,
    Stage.STUCK_EVENTS: events.STUCK_EVENTS,
    Stage.SESSIONS: sessions.SESSIONS,
    Stage.INTENTS: intents.INTENTS,
    Stage.REFUNDS: refunds.REFUNDS,
    Stage.DISPUTES: disputes.DISPUTES,
    Stage.OVERDUE_PAYMENTS: sessions.OVERDUE_PAYMENTS,
    Stage.OPEN_PAYMENTS: sessions.OPEN_PAYMENTS,
    Stage.OPEN_REFUNDS: refunds.OPEN_REFUNDS,
    Stage.OPEN_DISPUTES: disputes.OPEN_DISPUTES,
}
OF_KIND = {
    Kind.EVENT: events.ANY_EVENT,
    Kind.SESSION: sessions.SESSIONS,
    Kind.INTENT: intents.INTENTS,
    Kind.REFUND: refunds.REFUNDS,
    Kind.DISPUTE: disputes.DISPUTES,
}
"""The check of an old difference."""
UNREADABLE = (Unreadable, LookupError, TypeError, ValueError, AttributeError)
LOOKED_AT_AGAIN = 50
"""The most old differences that one run checks."""
LOCK = 7_404_170_001


class AnotherAtWork(Exception):
    """Another reconciliation is running: two would send every request twice."""


def run(window: Window, patience: float) -> Generator[list[Reconciliation]]:
    """Compare a window; yield the progress after each step.

    An interrupted run continues the next time. `patience` is the longest wait for a rate limit in seconds.
    Raises AnotherAtWork, StripeAway, StripeRefused.
    """
    with _alone(), _lister(patience) as lister:
        stages = progress.begin(window)
        db.session.commit()
        steps = {row.stage: row for row in stages}
        yield list(steps.values())
        for row in stages:
            for moved in _walk(row, lister):
                steps[row.stage] = moved
                yield list(steps.values())
        _look_again(stages, lister)
        differences.tell()
        db.session.commit()


@contextmanager
def _alone() -> Iterator[None]:
    """Allow one run at a time, by an advisory lock in a transaction of its own that ends with the process.

    The idle transaction holds no snapshot, so it does not delay VACUUM. It is rolled back at the end, so that
    the lock is free before the connection closes.
    """
    settings = current_settings()
    engine = create_engine(settings.database_url, poolclass=NullPool, connect_args={"connect_timeout": 5})
    with engine.connect() as connection:
        if not connection.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
            raise AnotherAtWork("Another reconciliation is running.")
        yield


@contextmanager
def _lister(patience: float) -> Iterator[Lister]:
    """What lists the objects. At the end it waits for the requests that are under way, and sends no other."""
    pace = Pace(patience, current_settings().stripe_reads_per_second)
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="reconciliation")
    try:
        yield Lister(pace, threads)
    finally:
        pace.stop()
        threads.shutdown(cancel_futures=True)


def _walk(row: Reconciliation, lister: Lister) -> Iterator[Reconciliation]:
    """Compare from the oldest on, in spans that fit into memory."""
    subject = SUBJECTS[row.stage]
    for point, found in lister.spans(subject, Span(row.point, row.until)):
        settled, differing = _compare(subject, found, lister)
        row = progress.advance(row, point, len(found), settled, differing)
        db.session.commit()
        yield row


def _compare(subject: Subject, found: Found, lister: Lister) -> tuple[int, int]:
    """The numbers of settled and of remaining differences."""
    settled = differing = 0
    for stripe_id in _suspects(subject, found):
        disagreement = _settled(subject, stripe_id, found[stripe_id], lister)
        if disagreement:
            differences.note(subject.kind, stripe_id, disagreement.sides)
            differing += 1
        else:
            settled += 1
        db.session.commit()
    return settled, differing


def _suspects(subject: Subject, found: Found) -> Sequence[str]:
    try:
        return subject.differing(found)
    except UNREADABLE as error:
        log.error(
            "one of %s objects is not readable, so each is compared separately: %r", subject.kind, error
        )
        return list(found)


def _settled(
    subject: Subject, stripe_id: str, thing: StripeObject | None, lister: Lister
) -> Disagreement | None:
    """The difference that remains after all automatic steps.

    The list may be stale: only a difference from the present object counts.
    """
    if _try(subject, stripe_id, thing) is None:
        return None
    return _try(subject, stripe_id, lister.look_up(subject, stripe_id))


def _try(subject: Subject, stripe_id: str, thing: StripeObject | None) -> Disagreement | None:
    disagreement = _examined(subject, stripe_id, thing)
    db.session.commit()
    if disagreement is None or disagreement.settle is None:
        return disagreement
    try:
        with context.acting("reconciliation", context.request_id.get()):
            disagreement.settle()
            db.session.commit()
    except stripe_client.StripeAway:
        db.session.rollback()
        raise
    except Mismatch as error:
        db.session.rollback()
        log.warning("%s %s: %s", subject.kind, stripe_id, error)
    except Exception:  # one object must not stop the comparison of others; it stays a difference
        db.session.rollback()
        log.exception("%s %s could not be settled", subject.kind, stripe_id)
    return _examined(subject, stripe_id, thing)


def _examined(subject: Subject, stripe_id: str, thing: StripeObject | None) -> Disagreement | None:
    """Report an unreadable object as a difference, so that the others are compared."""
    try:
        return subject.examine(stripe_id, thing)
    except UNREADABLE as error:
        return Disagreement(Sides("what we cannot read", repr(error)))


def _look_again(stages: Sequence[Reconciliation], lister: Lister) -> None:
    """Check old differences that this run did not see, and resolve those that are gone."""
    began = min(row.started_at for row in stages)
    for old in differences.not_seen_since(began, LOOKED_AT_AGAIN):
        subject, stripe_id = OF_KIND[old.kind], old.stripe_id
        thing = lister.look_up(subject, stripe_id)
        disagreement = _settled(subject, stripe_id, thing, lister)
        if disagreement:
            differences.note(subject.kind, stripe_id, disagreement.sides)
        else:
            differences.resolve(old.id)
        db.session.commit()
