"""Stripe's lists are read several at a time, within one budget, and compared in their order."""

import os
import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Lock, get_ident
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app.extensions import db
from app.payments.events.payloads import StripeObject
from app.payments.reconciliation import intents, refunds, run, sessions
from app.payments.reconciliation.events import EVENTS
from app.payments.reconciliation.lists import AT_ONCE, MOST, Lister
from app.payments.reconciliation.pace import Pace
from app.payments.reconciliation.subject import Found, Subject
from app.payments.reconciliation.windows import asked
from app.payments.stripe import deployment
from app.payments.stripe.client import StripeAway
from app.payments.stripe.listing import PAGE, Page, Span
from tests.shop import Shop

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Stripe:
    """So many objects in each second, and a page of them takes a while."""

    a_second: int = 2
    takes: float = 0.02
    asked_at: list[float] = field(default_factory=list)
    at_once: list[int] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    _under_way: int = 0
    _lock: Lock = field(default_factory=Lock)

    def page(self, span: Span, after: str | None) -> Page:
        with self._lock:
            self.asked_at.append(time.monotonic())
            self.threads.add(get_ident())
            self._under_way += 1
            self.at_once.append(self._under_way)
        time.sleep(self.takes)
        with self._lock:
            self._under_way -= 1
        since, until = (bound * self.a_second for bound in span.bounds)
        newest_first = range(int(after) - 1 if after else until - 1, since - 1, -1)
        made = [{"id": str(each), "created": each // self.a_second} for each in newest_first[:PAGE]]
        return Page(made, made[-1]["id"] if len(newest_first) > PAGE else None)

    def lists(self, span: Span, reads: int = 100, subject: Subject = EVENTS) -> list[tuple[datetime, Found]]:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            return list(Lister(Pace(5, reads), threads).spans(replace(subject, page=self.page), span))


def seconds(length: int) -> Span:
    return Span(BEGAN, BEGAN + timedelta(seconds=length))


def ids(found: Sequence[tuple[datetime, Found]]) -> list[int]:
    return [int(each) for _, objects in found for each in objects]


@pytest.mark.parametrize("a_second", [1, 40, 350], ids=["few", "many", "more in a second than in a span"])
def test_each_object_comes_once_and_in_order(app: Flask, a_second: int) -> None:
    whole = seconds(30)

    found = Stripe(a_second, takes=0).lists(whole)

    first = int(BEGAN.timestamp()) * a_second
    assert ids(found) == list(range(first, first + 30 * a_second))
    points = [point for point, _ in found]
    assert points == sorted(set(points))
    assert points[-1] == whole.until


def test_several_lists_are_read_at_a_time(app: Flask) -> None:
    stripe = Stripe(a_second=100, takes=0.1)

    stripe.lists(seconds(30))

    assert 4 <= max(stripe.at_once) <= AT_ONCE


def test_all_threads_share_one_budget(app: Flask) -> None:
    stripe = Stripe(a_second=100, takes=0.1)

    stripe.lists(seconds(10), reads=40)

    assert len(stripe.threads) > 1
    assert all(after - before > 0.015 for before, after in pairwise(sorted(stripe.asked_at)))


def test_the_length_of_a_span_follows_the_objects_in_it(app: Flask) -> None:
    stripe = Stripe(a_second=20, takes=0)

    found = stripe.lists(seconds(600))

    usual = [len(objects) for _, objects in found[:-1]]
    assert all(1.5 * PAGE <= each <= MOST for each in usual)
    assert len(stripe.asked_at) < 1.2 * 600 * 20 / PAGE + 10


LATER = 2
"""Seconds from our row to Stripe's object."""


def held(span: Span, _most: int | None) -> list[str]:
    """The rows of two objects a second, each made so long before its object."""
    since, until = (int((bound.timestamp() + LATER) * 2) for bound in (span.since, span.until))
    return [str(each) for each in range(since, until)]


def subject(missing: str, looked_up: list[str]) -> Subject:
    """One that we hold and Stripe does not know; those that are looked up are noted."""

    def hold(span: Span, most: int | None) -> list[str]:
        return held(span, most) + [missing] * (span.since <= BEGAN + timedelta(seconds=200) < span.until)

    return replace(EVENTS, held=hold, find=looked_up.append)


def test_an_object_that_a_later_list_shows_is_not_looked_up(app: Flask) -> None:
    looked_up: list[str] = []

    found = Stripe(a_second=2, takes=0).lists(seconds(900), subject=subject("missing", looked_up))

    ends_later = [str(int((BEGAN.timestamp() + 900) * 2) + each) for each in range(2 * LATER)]
    assert sorted(looked_up) == sorted(["missing", *ends_later])
    assert next(point for point, objects in found if "missing" in objects) > BEGAN + timedelta(seconds=200)


def test_a_run_that_is_left_in_the_middle_does_not_skip_what_no_list_has_shown(app: Flask) -> None:
    found = Stripe(a_second=2, takes=0).lists(seconds(900), subject=subject("missing", []))

    at = next(number for number, (_, objects) in enumerate(found) if "missing" in objects)
    assert all(point <= BEGAN + timedelta(seconds=200) for point, _ in found[:at])


def test_a_failure_in_a_thread_ends_the_run(app: Flask) -> None:
    def fails(_span: Span, _after: str | None) -> Page:
        raise StripeAway("Stripe does not answer.")

    with ThreadPoolExecutor(AT_ONCE) as threads, pytest.raises(StripeAway):
        list(Lister(Pace(5, 100), threads).spans(replace(EVENTS, page=fails), seconds(30)))


def test_a_run_that_ends_does_not_wait_until_stripe_is_less_busy(silent: Shop) -> None:
    silent.sandbox.control("/faults", path="/v1/events", status=429, retry_after_seconds=20, times=9)

    def one_step() -> float:
        steps = run.run(asked("1h"), patience=60)
        next(steps)
        threading.Timer(0.5, _interrupt).start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            next(steps)
        return time.monotonic() - began

    assert silent.work(one_step) < 10


def _interrupt() -> None:
    """What Ctrl-C does."""
    os.kill(os.getpid(), signal.SIGINT)


def of_stripe(number: int, **more: Any) -> StripeObject:
    metadata = {"deployment_id": str(deployment.current_id())}
    return {"id": f"x_{number}", "currency": "eur", "amount": 500, "metadata": metadata, **more}


SUBJECTS = {
    "sessions": (sessions.SESSIONS, {"status": "open", "amount_total": 500}),
    "intents": (intents.INTENTS, {"status": "processing"}),
    "refunds": (refunds.REFUNDS, {"status": "pending", "payment_intent": None}),
}


@pytest.mark.parametrize("name", SUBJECTS)
def test_however_many_objects_there_are_the_statements_stay_as_many(app: Flask, name: str) -> None:
    subject, fields = SUBJECTS[name]
    few = {each["id"]: each for each in (of_stripe(number, **fields) for number in range(2))}
    many = {each["id"]: each for each in (of_stripe(number, **fields) for number in range(200))}

    assert statements(subject, few) == statements(subject, many) > 0


def statements(subject: Subject, found: Found) -> int:
    """How many statements comparing them takes."""
    connection: Any = db.engines[None]
    run: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        run.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        subject.differing(found)
    finally:
        event.remove(connection, "before_cursor_execute", note)
    return len(run)
