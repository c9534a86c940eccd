"""Lists Stripe's objects in consecutive spans, several at a time and ahead of their comparison.

Threads send the requests, under one budget. Only the caller's thread uses the database.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from app.extensions import db
from app.payments.events.payloads import StripeObject
from app.payments.reconciliation.pace import Pace
from app.payments.reconciliation.subject import Found, Subject
from app.payments.stripe.listing import PAGE, Page, Span

AT_ONCE = 8
"""The most spans that are listed or wait for their comparison. It bounds memory."""
MOST = 3 * PAGE
"""The most objects of a span, unless it is a second."""
WANTED = 1.8 * PAGE
"""The objects of a span at which its length aims: full pages, and room for a busier span."""
MAX_ONE_BY_ONE = 50
"""The most single lookups in one span, which must end well before the job's time limit."""
MAX_GROWTH = 8
"""A span is at most so many times as long as one before it."""
SHORTEST = timedelta(seconds=1)
"""The resolution of Stripe's times."""


@dataclass(frozen=True)
class TooMany:
    """A span has too many objects."""

    fits: timedelta
    """The length of a span that probably has as many as wanted."""


@dataclass(frozen=True)
class Lister:
    """Lists what a run compares."""

    pace: Pace
    threads: ThreadPoolExecutor

    def spans(self, subject: Subject, whole: Span) -> Iterator[tuple[Span, Found]]:
        """The objects of consecutive spans, from the oldest on."""
        point, length = whole.since, whole.length
        ahead: deque[tuple[Span, Future[Found | TooMany]]] = deque()
        while ahead or point < whole.until:
            while point < whole.until and len(ahead) < AT_ONCE:
                span = Span(point, min(point + length, whole.until))
                ahead.append((span, self._begin(subject, span)))
                point = span.until
            span, answer = ahead.popleft()
            db.session.commit()  # no transaction is open while Stripe is waited for
            found = answer.result()
            if isinstance(found, TooMany):
                point, length = span.since, found.fits
                _cancel(ahead)
                continue
            length = _next_length(span, len(found))
            yield span, found

    def look_up(self, subject: Subject, stripe_id: str) -> StripeObject | None:
        """One object as it is now. Raises StripeAway, StripeRefused."""
        db.session.commit()
        return self.pace.ask(partial(subject.find, stripe_id)) if subject.find else None

    def _begin(self, subject: Subject, span: Span) -> "Future[Found | TooMany]":
        held = subject.held(span, MOST + 1 if _may_be_parted(span) else None)
        return self.threads.submit(copy_context().run, listed, subject, span, held, self.pace)


def listed(subject: Subject, span: Span, held: Sequence[str], pace: Pace) -> Found | TooMany:
    """All objects of a span, the oldest first, with those that only we hold."""
    may_be_parted = _may_be_parted(span)
    if len(held) > MOST and may_be_parted:
        return TooMany(_half(span))
    newest_first: dict[str, StripeObject] = {}
    page = pace.ask(partial(subject.page, span, None))
    while True:
        newest_first |= {thing["id"]: thing for thing in page.objects}
        if page.after is None:
            break
        if len(newest_first) >= MOST and may_be_parted:
            return TooMany(min(_fitting(page), _half(span)))
        page = pace.ask(partial(subject.page, span, page.after))
    oldest_first = list(newest_first.values())[::-1]
    oldest_first.sort(key=lambda thing: thing["created"])  # several lists, one after the other
    found: dict[str, StripeObject | None] = {thing["id"]: thing for thing in oldest_first}
    missing = [stripe_id for stripe_id in held if stripe_id not in found]
    if subject.find and len(missing) > MAX_ONE_BY_ONE and may_be_parted:
        return TooMany(_half(span))
    return found | {
        stripe_id: pace.ask(partial(subject.find, stripe_id)) if subject.find else None
        for stripe_id in missing
    }


def _may_be_parted(span: Span) -> bool:
    return span.length > SHORTEST


def _half(span: Span) -> timedelta:
    return _whole_seconds(span.length / 2)


def _fitting(page: Page) -> timedelta:
    """The length at which a span has as many objects as wanted, if they are as dense as on this page."""
    created = [int(thing["created"]) for thing in page.objects]
    if not created:
        return timedelta.max
    covered = SHORTEST + timedelta(seconds=max(created) - min(created))
    return _whole_seconds(covered * (WANTED / len(created)))


def _next_length(span: Span, found: int) -> timedelta:
    return _whole_seconds(span.length * min(WANTED / max(found, 1), MAX_GROWTH))


def _whole_seconds(length: timedelta) -> timedelta:
    return max(length - timedelta(microseconds=length.microseconds), SHORTEST)


def _cancel(ahead: "deque[tuple[Span, Future[Found | TooMany]]]") -> None:
    for _, answer in ahead:
        answer.cancel()
    ahead.clear()
