"""Coaches' debts: refunds, disputes and payouts exceed what they earned."""

from collections.abc import Callable, Mapping
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app import alerts
from app.alerts import AlertKind
from app.extensions import Base, TimestampMixin, db
from app.money.money import Money


class Debt(TimestampMixin, Base):
    """A coach's negative balance in one currency; the row is deleted once it is settled."""

    __tablename__ = "debt"
    __table_args__ = (
        UniqueConstraint("coach_id", "currency"),
        Index("ix_debt_at", "created_at", "id"),
    )

    coach_id: Mapped[UUID] = mapped_column(ForeignKey("coach.id"))
    currency: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)


_OF_COACH = select(Debt).where(Debt.coach_id == bindparam("coach")).execution_options(populate_existing=True)


def of(coach_id: UUID) -> Mapping[str, Debt]:
    """A coach's debts by currency."""
    return {debt.currency: debt for debt in db.session.scalars(_OF_COACH, {"coach": coach_id})}


def number() -> int:
    """The number of debts."""
    return db.session.scalar(select(func.count()).select_from(Debt)) or 0


def follow(coach_id: UUID, amount: Money, known: Debt | None, costs: Callable[[], int]) -> None:
    """Update a coach's debts, and record an alert if one arises or grows.

    The coach must be locked. `costs` are what payments have cost the coach since the last payout, such as
    fees of fully refunded ones. A debt of these alone is listed without an alert: the coach holds none of our
    money, and the next sale settles it. The same goes for a debt in a settlement currency in which no client
    pays.
    """
    before = known.money if known else Money(0, amount.currency)
    if known and amount.amount == 0:
        db.session.delete(known)
        alerts.withdraw(AlertKind.DEBT, f"{coach_id}:{amount.currency}")
    elif known:
        known.amount_minor = amount.amount
    elif amount.amount:
        db.session.add(Debt(coach_id=coach_id, currency=amount.currency, amount_minor=amount.amount))
    db.session.flush()
    if amount.amount > before.amount and amount.amount > costs():
        was = f", after {before}" if before.amount else ""
        what = f"Coach {coach_id} owes us {amount}{was}: more was refunded or paid out than was earned"
        alerts.replace(AlertKind.DEBT, f"{coach_id}:{amount.currency}", what)
