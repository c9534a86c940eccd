"""Daily totals of money, from the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter

from sqlalchemy import func, select, true

from app.coaches.models import Coach
from app.extensions import db, now
from app.payments.earnings.totals import Totals
from app.payments.ledger.entries import Kind
from app.payments.ledger.posting import Entry

DAYS = 7
_SHOWN = (Kind.PAYMENT, Kind.REFUND, Kind.DISPUTE, Kind.FEE)


@dataclass(frozen=True)
class Day:
    """A day in the coach's time zone."""

    day: date
    totals: list[Totals]
    """Totals by currency."""


def last_days() -> list[Day]:
    """The last days with movements, the latest first."""
    # By coach, which matches the index on entries: only entries of these days are read.
    recent = (
        select(Entry.day, Entry.currency, Entry.kind, Entry.amount_minor)
        .where(Entry.coach_id == Coach.id, Entry.day > now().date() - timedelta(days=DAYS))
        .where(Entry.kind.in_(_SHOWN))
        .lateral()
    )
    of = recent.c.day, recent.c.currency, recent.c.kind
    total = func.sum(recent.c.amount_minor)
    summed = select(*of, total).select_from(Coach).join(recent, true()).group_by(*of)
    rows: Iterable[tuple[date, str, str, int]] = (
        (day, currency, kind, int(amount))
        for day, currency, kind, amount in db.session.execute(summed.order_by(recent.c.day.desc()))
    )
    return [
        Day(day, Totals.of((currency, kind, amount) for _, currency, kind, amount in moved))
        for day, moved in groupby(rows, key=itemgetter(0))
    ]
