"""Lists Stripe's objects in consecutive spans, several at a time and ahead of their comparison.

Threads send the requests, under one budget. Only the caller's thread uses the database.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from app.extensions import db
from app.payments.events.payloads import StripeObject
from app.payments.reconciliation.pace import Pace
from app.payments.reconciliation.subject import Found, Subject
from app.payments.reconciliation.unlisted import MARGIN, Unlisted
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
class _Begun:
    """A span whose list is being read."""

    span: Span
    held: Sequence[str]
    answer: "Future[Found | TooMany]"


@dataclass(frozen=True)
class Lister:
    """Lists what a run compares."""

    pace: Pace
    threads: ThreadPoolExecutor

    def spans(self, subject: Subject, whole: Span) -> Iterator[tuple[datetime, Found]]:
        """The objects of consecutive spans, oldest first, each with the time before which none is left."""
        point, length, unlisted = whole.since, whole.length, Unlisted()
        ahead: deque[_Begun] = deque()
        while ahead or point < whole.until:
            while point < whole.until and len(ahead) < AT_ONCE:
                span = Span(point, min(point + length, whole.until))
                ahead.append(self._begin(subject, span))
                point = span.until
            begun = ahead.popleft()
            db.session.commit()  # no transaction is open while Stripe is waited for
            found = begun.answer.result()
            if isinstance(found, TooMany):
                point, length = begun.span.since, found.fits
                _cancel(ahead)
                continue
            length = _next_length(begun.span, len(found))
            unlisted.add(begun.span, begun.held, found)
            yield unlisted.point(begun.span.until), found
            while late := unlisted.take(MAX_ONE_BY_ONE, begun.span.until - MARGIN):
                yield unlisted.point(begun.span.until), self._look_up_all(subject, late)
        while late := unlisted.take(MAX_ONE_BY_ONE, whole.until):
            yield unlisted.point(whole.until), self._look_up_all(subject, late)

    def _look_up_all(self, subject: Subject, ids: Sequence[str]) -> Found:
        db.session.commit()
        answers = [self.threads.submit(copy_context().run, _found, subject, each, self.pace) for each in ids]
        return {each: answer.result() for each, answer in zip(ids, answers, strict=True)}

    def look_up(self, subject: Subject, stripe_id: str) -> StripeObject | None:
        """One object as it is now. Raises StripeAway, StripeRefused."""
        db.session.commit()
        return _found(subject, stripe_id, self.pace)

    def _begin(self, subject: Subject, span: Span) -> "_Begun":
        held = subject.held(span, MOST + 1 if _may_be_parted(span) else None)
        answer = self.threads.submit(copy_context().run, listed, subject, span, held, self.pace)
        return _Begun(span, held if subject.is_listed else [], answer)


def listed(subject: Subject, span: Span, held: Sequence[str], pace: Pace) -> Found | TooMany:
    """All objects of a span, the oldest first."""
    may_be_parted = _may_be_parted(span)
    if len(held) > MOST and may_be_parted:
        return TooMany(_half(span))
    if not subject.is_listed:
        return _looked_up(subject, span, held, pace)
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
    return {thing["id"]: thing for thing in oldest_first}


def _looked_up(subject: Subject, span: Span, held: Sequence[str], pace: Pace) -> Found | TooMany:
    """What only our rows name."""
    if subject.find and len(held) > MAX_ONE_BY_ONE and _may_be_parted(span):
        return TooMany(_half(span))
    return {stripe_id: _found(subject, stripe_id, pace) for stripe_id in held}


def _found(subject: Subject, stripe_id: str, pace: Pace) -> StripeObject | None:
    return pace.ask(partial(subject.find, stripe_id)) if subject.find else None


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


def _cancel(ahead: "deque[_Begun]") -> None:
    for begun in ahead:
        begun.answer.cancel()
    ahead.clear()
