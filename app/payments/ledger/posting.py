"""The ledger: an append-only list of entries for each coach."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    BindParameter,
    CheckConstraint,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    bindparam,
    cast,
    exists,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.coaches.models import Coach
from app.extensions import Base, MinorUnits, db, enum_column, now
from app.money.money import Money
from app.payments.ledger import debts
from app.payments.ledger import entries as ledger_entries
from app.payments.ledger.entries import Item, Kind, Outflow, PaymentPosition, StripeFee
from app.payments.ledger.models import Payout
from app.payments.models import Payment, PaymentLine, Refund
from app.payments.status import NOT_REFUNDED


class Entry(Base):
    """An entry: an amount in a coach's favour or against it, on the day on which we learned of it."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index(
            "ix_ledger_entry_of_coach",
            "coach_id",
            "day",
            postgresql_include=["kind", "currency", "amount_minor", "booking_id"],
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now, server_default=func.now())
    coach_id: Mapped[UUID] = mapped_column(ForeignKey("coach.id"))
    day: Mapped[date]
    """The day in the coach's zone, never before the coach's last entry, so that past days do not change."""
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"), index=True)
    booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("booking.id"))
    kind: Mapped[Kind] = mapped_column(enum_column(Kind, "kind"))
    source_id: Mapped[UUID]
    """The id of the payment, refund or dispute."""
    amount_minor: Mapped[MinorUnits]
    currency: Mapped[str]


# Core statements on the tables, built once, because every event runs them. They run on the connection: the
# session would flush a payment whose changes are not complete, and again at the end.
_ENTRIES = Entry.metadata.tables[Entry.__tablename__]
_PAYOUTS = Entry.metadata.tables[Payout.__tablename__]
_DEBTS = Entry.metadata.tables[debts.Debt.__tablename__]
_ITEM = [_ENTRIES.c[name] for name in Item._fields]
_POSTED = (
    select(*_ITEM, cast(func.sum(_ENTRIES.c.amount_minor), BigInteger))
    .where(_ENTRIES.c.payment_id == bindparam("payment"))
    .group_by(*_ITEM)
)
_OF_COACH: BindParameter[UUID] = bindparam("coach")
_DAY: ColumnElement[date] = func.greatest(  # which ignores NULL
    bindparam("today", type_=Date),
    select(func.max(_ENTRIES.c.day)).where(_ENTRIES.c.coach_id == _OF_COACH).scalar_subquery(),
    select(func.max(_PAYOUTS.c.day)).where(_PAYOUTS.c.coach_id == _OF_COACH).scalar_subquery(),
)
_POST = insert(_ENTRIES).values(day=_DAY).returning(exists().where(_DEBTS.c.coach_id == _ENTRIES.c.coach_id))
"""Inserts entries. Returns for each whether its coach has debts."""


def post(payment: Payment) -> None:
    """Post entries for the difference between a payment's state and the ledger; none if there is none.

    The payment and its coach must be locked, which serializes the coach's entries; new refunds and disputes
    must be flushed, so that they have ids. Because differences are posted, order and number of Stripe's
    events do not matter.
    """
    if not payment.is_paid and payment.fee_minor is None:
        return
    missing = ledger_entries.amounts(_standing(payment))
    missing.subtract(_posted(payment))
    entries = [
        {
            "coach_id": payment.coach_id,
            "payment_id": payment.id,
            "booking_id": item.booking_id,
            "kind": item.kind,
            "source_id": item.source_id,
            "amount_minor": amount,
            "currency": item.currency,
        }
        for item, amount in missing.items()
        if amount
    ]
    if entries:
        on_the_day = _day_parameters(payment.coach)
        has_debts = any(_connection().scalars(_POST, [entry | on_the_day for entry in entries]).all())
        moved: Counter[str] = Counter()
        for item, amount in missing.items():
            moved[item.currency] += amount
        if has_debts or min(moved.values()) < 0:
            follow_debts(payment.coach_id, {currency for currency, amount in moved.items() if amount < 0})


def owed(coach_id: UUID) -> Counter[str]:
    """A coach's balances by currency, in minor units; a negative one is a debt to us."""
    entered = select(Entry.currency, func.sum(Entry.amount_minor)).where(Entry.coach_id == coach_id)
    paid_out = select(Payout.currency, -func.sum(Payout.amount_minor)).where(Payout.coach_id == coach_id)
    found: Counter[str] = Counter()
    for query in (entered.group_by(Entry.currency), paid_out.group_by(Payout.currency)):
        for currency, amount in db.session.execute(query):
            found[currency] += int(amount)
    return found


def follow_debts(coach_id: UUID, fell: Collection[str]) -> None:
    """Update the coach's debts after a balance has changed. The coach must be locked."""
    known = debts.of(coach_id)
    if not known and not fell:
        return
    for currency, amount in owed(coach_id).items():
        costs = partial(_costs, coach_id, currency)
        debts.follow(coach_id, Money(max(0, -amount), currency), known.get(currency), costs)


def left_of(payment: Payment) -> int:
    """What we still owe the coach of a payment, in its currency, after all refunds."""
    found = sum(amount for item, amount in _posted(payment).items() if item.currency == payment.currency)
    falls = _falls(payment, [refund for refund in payment.refunds if refund.is_owed])
    return found - sum(amount for (_, currency), amount in falls.items() if currency == payment.currency)


def going_back(payment: Payment) -> Counter[tuple[UUID | None, str]]:
    """What pending refunds will deduct from the coach's balance, by booking and currency.

    It leaves out what Stripe reverses at the coach's own account.
    """
    is_elsewhere = payment.stripe_destination_id is not None
    due = [each for each in payment.refunds if each.is_owed and (each.from_ours or not is_elsewhere)]
    return _falls(payment, due)


def _falls(payment: Payment, due: Sequence[Refund]) -> Counter[tuple[UUID | None, str]]:
    """What these refunds would deduct, by booking and currency."""
    if not due:
        return Counter()
    before = _standing(payment)
    gone = (Outflow(Kind.REFUND, each.id, each.booking_id, each.amount_minor) for each in due)
    falls = ledger_entries.amounts(before)
    falls.subtract(ledger_entries.amounts(replace(before, gone=[*before.gone, *gone])))
    found: Counter[tuple[UUID | None, str]] = Counter()
    for item, amount in falls.items():
        found[item.booking_id, item.currency] += amount
    return found


def _costs(coach_id: UUID, currency: str) -> int:
    """What payments have cost the coach since the last payout, in minor units; costs are negative.

    A payment that is returned in full leaves its fees.
    """
    last = select(func.max(Payout.created_at)).where(Payout.coach_id == coach_id, Payout.currency == currency)
    is_new = Entry.created_at > func.coalesce(last.scalar_subquery(), literal("-infinity", DateTime(True)))
    entered, before = func.sum(Entry.amount_minor), func.sum(Entry.amount_minor).filter(~is_new)
    of_payments = (
        select(_cost(entered).label("now"), _cost(func.coalesce(before, 0)).label("before"))
        .where(Entry.coach_id == coach_id, Entry.currency == currency, Entry.kind != Kind.TRANSFER)
        .group_by(Entry.payment_id)
        .having(func.bool_or(is_new))
        .subquery()
    )
    costs = select(func.coalesce(func.sum(of_payments.c.now - of_payments.c.before), 0))
    return int(db.session.scalars(costs).one())


def _cost(total: ColumnElement[int]) -> ColumnElement[int]:
    return func.greatest(0, -total)


def day(coach: Coach) -> date:
    """The day of a new entry: today in the coach's zone, or the day of the last entry if that is later."""
    return db.session.scalars(select(_DAY), _day_parameters(coach)).one()


def _day_parameters(coach: Coach) -> dict[str, Any]:
    return {"today": now().astimezone(coach.zone).date(), "coach": coach.id}


def _standing(payment: Payment) -> PaymentPosition:
    return PaymentPosition(
        payment_id=payment.id,
        currency=payment.currency,
        # a fixed order: it decides which booking gets an indivisible minor unit
        shares={line.booking_id: line.amount_minor for line in sorted(payment.lines, key=_booking_id)},
        commission=payment.commission_minor,
        kept=[] if payment.stripe_destination_id else list(_kept(payment)),
        sent_on=payment.sent_on_minor or 0,
        gone=list(_gone(payment)),
    )


def _booking_id(line: PaymentLine) -> UUID:
    return line.booking_id


def _kept(payment: Payment) -> Iterator[StripeFee]:
    if payment.fee_minor is not None and payment.fee_currency:
        yield StripeFee(payment.id, Money(payment.fee_minor, payment.fee_currency))
    for dispute in payment.disputes:
        if dispute.fee_minor is not None and dispute.fee_currency:
            yield StripeFee(dispute.id, Money(dispute.fee_minor, dispute.fee_currency))


def _gone(payment: Payment) -> Iterator[Outflow]:
    if not payment.is_paid:  # a debit that the bank returned leaves a fee only
        for line in payment.lines:
            yield Outflow(Kind.PAYMENT, payment.id, line.booking_id, line.amount_minor)
    # Stripe deducts a refund from our balance at once, however long the payer's bank takes
    for refund in payment.refunds:
        if refund.stripe_refund_id is not None and refund.status not in NOT_REFUNDED:
            yield Outflow(Kind.REFUND, refund.id, refund.booking_id, refund.amount_minor)
    only_booking = payment.lines[0].booking_id if len(payment.lines) == 1 else None
    for dispute in payment.disputes:
        yield Outflow(Kind.DISPUTE, dispute.id, only_booking, dispute.withdrawn_minor)


def _posted(payment: Payment) -> Counter[Item]:
    rows = _connection().execute(_POSTED, {"payment": payment.id})
    return Counter({Item(*row[:-1]): row[-1] for row in rows})


def _connection() -> Connection:
    return db.session.connection()
