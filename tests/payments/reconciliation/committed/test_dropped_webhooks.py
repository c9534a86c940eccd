"""Every webhook of a day is dropped, and one reconciliation ends in the books of a shop that heard it all."""

import signal

import httpx
import pytest
from sqlalchemy import text

from app.extensions import db
from app.payments.status import Status
from sandbox.stripe.pace import Pace
from tests.payments.reconciliation.committed.conftest import Command, emptied_tables
from tests.payments.reconciliation.committed.traffic import (
    Books,
    Day,
    Hearing,
    books,
    hear_nothing,
    opened,
    work,
)
from tests.payments.reconciliation.comparisons import differences, reconciled
from tests.shop import Shop
from tests.waiting import PATIENCE, wait_until


@pytest.fixture(scope="module")
def remembered() -> dict[str, Books]:
    """What took long to find out."""
    return {}


@pytest.fixture
def wanted(silent: Shop, http: httpx.Client, remembered: dict[str, Books]) -> Books:
    """The books of a shop that heard all of its day. Then all is forgotten, here and at Stripe."""
    if not remembered:
        hears = Hearing(silent)
        Day(silent, opened(http), hears).live()
        remembered |= {"wanted": books()}
        ends = {status for status in Status if any(f"'{status}'" in row for row in books()["payments"])}
        assert ends == set(Status) - {Status.PENDING}  # it was quite a day
        emptied_tables()
        silent.sandbox.control("/reset")
        silent.sandbox.control("/deliveries/rule", mode="drop")
        silent.sandbox.control("/pace", **dict.fromkeys(Pace.model_fields))
    return remembered["wanted"]


def events_on_record() -> int:
    db.session.rollback()
    count: int = db.session.scalar(text("SELECT count(*) FROM stripe_event")) or 0
    db.session.rollback()
    return count


def without(found: Books, *names: str) -> Books:
    return {name: rows for name, rows in found.items() if name not in names}


def test_one_reconciliation_is_as_good_as_a_day_of_webhooks(
    silent: Shop, http: httpx.Client, wanted: Books
) -> None:
    Day(silent, opened(http), hear_nothing).live()
    assert events_on_record() == 0

    reconciled(silent)
    work(silent)
    reconciled(silent)  # what workers asked Stripe for has been told by nobody either

    assert books() == wanted
    assert differences(silent) == []


def test_killed_again_and_again_it_ends_in_the_same_books(
    silent: Shop, http: httpx.Client, wanted: Books, flask: Command
) -> None:
    Day(silent, opened(http), hear_nothing).live()
    for so_far in (10, 40, 70):
        killed = flask("stripe", "reconcile", "--since", "24h")
        wait_until(lambda least=so_far: events_on_record() >= least)
        killed.send_signal(signal.SIGKILL)
        killed.wait(10)

    last = flask("stripe", "reconcile", "--since", "24h")
    said, complained = last.communicate(timeout=PATIENCE)

    assert last.returncode == 0, said + complained
    work(silent)
    reconciled(silent)
    # The event on which one was killed is applied when its claim runs out; its object told the same before.
    trail = ("moves", "events")
    assert without(books(), *trail) == without(wanted, *trail)
