"""A coach's monthly statement: each movement of money, with opening and closing balance."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import func, select

from app.accounts.models import Account
from app.coaches.models import Coach
from app.extensions import db
from app.http.problems import NotFound
from app.money.money import Money
from app.payments.earnings import totals
from app.payments.earnings.totals import Totals
from app.payments.ledger import posting
from app.payments.ledger.entries import Kind
from app.payments.ledger.models import PAYOUT
from app.payments.ledger.posting import Entry
from app.payments.models import Payment


@dataclass(frozen=True)
class Month:
    first: date

    @classmethod
    def named(cls, name: str) -> Self:
        """Parse a month such as 2026-11. Raises NotFound."""
        if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", name, re.ASCII):
            raise NotFound("There is no such month; write it as 2026-11.")
        return cls(date.fromisoformat(f"{name}-01"))

    @property
    def last(self) -> date:
        return (self.first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


@dataclass(frozen=True)
class Line:
    """One movement; amounts in the coach's favour are positive."""

    day: date
    kind: str
    booking_id: UUID | None
    payment_id: UUID | None
    client: str
    amount: Money


@dataclass(frozen=True)
class Statement:
    coach: Coach
    month: Month
    is_closed: bool
    """Whether the month is over and cannot change any more."""
    opening: dict[str, int]
    """What we owed the coach when the month began, by currency, in minor units."""
    lines: Sequence[Line]

    @property
    def totals(self) -> list[Totals]:
        """The month's totals, for each currency with a movement or a balance."""
        moved = [(line.amount.currency, line.kind, line.amount.amount) for line in self.lines]
        return Totals.of(moved + [(currency, Kind.PAYMENT, 0) for currency in self.opening])

    def closing(self, totals: Totals) -> int:
        """What we owed when the month ended, or owe now."""
        return self.opening.get(totals.currency, 0) + totals.owed


def of(coach: Coach, month: Month) -> Statement:
    """The statement of a past or the current month. Raises NotFound for a future one."""
    # writers of entries lock the coach's row, so later entries are dated today or later
    db.session.execute(select(Coach.id).where(Coach.id == coach.id).with_for_update(read=True))
    today = posting.day(coach)
    if today < month.first:
        raise NotFound(f"The month {month} has not begun yet.")
    return Statement(
        coach=coach,
        month=month,
        is_closed=today > month.last,
        opening=_opening(coach.id, month),
        lines=sorted(_lines(coach.id, month) + _payouts(coach.id, month), key=lambda line: line.day),
    )


def _opening(coach_id: UUID, month: Month) -> dict[str, int]:
    before = select(Entry.currency, func.sum(Entry.amount_minor)).where(
        Entry.coach_id == coach_id, Entry.day < month.first
    )
    owed: Counter[str] = Counter()
    for currency, amount in db.session.execute(before.group_by(Entry.currency)):
        owed[currency] += int(amount)
    for payout in totals.payouts(coach_id, None, month.first - timedelta(days=1)):
        owed[payout.currency] -= payout.amount_minor
    return {currency: amount for currency, amount in owed.items() if amount}


def _lines(coach_id: UUID, month: Month) -> list[Line]:
    rows = db.session.execute(
        select(Entry, Account.name)
        .join(Payment, Payment.id == Entry.payment_id)
        .join(Account, Account.id == Payment.client_id)
        .where(Entry.coach_id == coach_id, Entry.day.between(month.first, month.last))
        .order_by(Entry.day, Entry.id)
    )
    return [
        Line(
            day=entry.day,
            kind=entry.kind,
            booking_id=entry.booking_id,
            payment_id=entry.payment_id,
            client=name,
            amount=Money(entry.amount_minor, entry.currency),
        )
        for entry, name in rows
    ]


def _payouts(coach_id: UUID, month: Month) -> list[Line]:
    return [
        Line(
            day=payout.day,
            kind=PAYOUT,
            booking_id=None,
            payment_id=None,
            client="",
            amount=Money(-payout.amount_minor, payout.currency),
        )
        for payout in totals.payouts(coach_id, month.first, month.last)
    ]
