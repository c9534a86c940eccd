"""A coach's balance: what we owe, what is payable now, and the coach's debt."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, select

from app.bookings.models import Booking
from app.config.settings import current_settings
from app.extensions import db, now
from app.money.money import Money
from app.payments.ledger import posting, recoveries
from app.payments.ledger.posting import Entry
from app.payments.models import Payment, PaymentLine, Refund
from app.payments.status import RefundStatus

MAX_SESSION = timedelta(days=1)
"""The longest session. One that has not ended began within this time."""


@dataclass(frozen=True)
class Balance:
    """The balance in one currency, in minor units. `owed` is payable + not yet payable, or a debt if < 0."""

    currency: str
    owed: int
    held: int = 0
    """The part that is for upcoming sessions or is being refunded."""
    coming: Sequence[tuple[datetime, int]] = field(default=())
    """When held money becomes payable, the earliest first. Money that is being refunded never does."""

    @property
    def payable(self) -> int:
        return max(0, self.owed - self.held)

    @property
    def not_yet_payable(self) -> int:
        return max(0, self.owed) - self.payable

    @property
    def debt(self) -> int:
        """The coach's debt. Later earnings settle it before anything is payable."""
        return max(0, -self.owed)

    @property
    def next_payable_at(self) -> datetime | None:
        return self.coming[0][0] if self.coming and self.not_yet_payable else None

    @property
    def all_payable_at(self) -> datetime | None:
        """When everything that can become payable is payable."""
        return self.coming[-1][0] if self.coming and self.not_yet_payable else None

    def __str__(self) -> str:
        """The refusal of a payout that is too high."""
        said = f"what is payable now, {Money(self.payable, self.currency)}"
        if self.debt:
            return f"{said}: the coach owes {Money(self.debt, self.currency)}"
        if not self.not_yet_payable:
            return said
        later = f"{said}; {Money(self.not_yet_payable, self.currency)} is not yet payable"
        if self.next_payable_at is None or self.all_payable_at is None:
            return f"{later}, because it is being refunded to clients"
        first, last = (f"{at:%Y-%m-%d %H:%M} UTC" for at in (self.next_payable_at, self.all_payable_at))
        return f"{later}: the next becomes so on {first}, the last on {last}"


@dataclass
class _Held:
    """The amount that cannot be paid out in one currency yet."""

    amount: int = 0
    coming: Counter[datetime] = field(default_factory=Counter)


def balances(coach_id: UUID) -> list[Balance]:
    """Balances by currency, in alphabetical order."""
    owed = posting.owed(coach_id)
    held = _held(coach_id) if any(amount > 0 for amount in owed.values()) else {}
    found = []
    for currency in sorted(owed):
        of_it = held.get(currency, _Held())
        found.append(Balance(currency, owed[currency], of_it.amount, sorted(of_it.coming.items())))
    return found


def balance(coach_id: UUID, currency: str) -> Balance:
    """The balance in one currency; zero without movements."""
    found = (each for each in balances(coach_id) if each.currency == currency)
    return next(found, Balance(currency, 0))


def once_refunded(coach_id: UUID) -> list[Money]:
    """What we owe after all pending refunds; negative, it is a debt."""
    owed = posting.owed(coach_id)
    for payment in _paying_back(coach_id):
        for (_, currency), amount in posting.going_back(payment).items():
            owed[currency] -= amount
    return [Money(owed[currency], currency) for currency in sorted(owed) if owed[currency]]


def _held(coach_id: UUID) -> dict[str, _Held]:
    """Money for sessions that have not taken place, and for refunds that Stripe has not made yet."""
    payable_from = _payable_from(coach_id)
    back = {payment.id: posting.going_back(payment) for payment in _paying_back(coach_id)}
    entries = _entries_of({payment_id for payment_id, _ in payable_from} | back.keys())
    found: defaultdict[str, _Held] = defaultdict(_Held)
    for (payment_id, currency), by_booking in entries.items():
        held = found[currency]
        left = max(0, sum(by_booking.values()))  # the part of this payment that we hold
        going_back = back.get(payment_id, Counter())
        for booking_id, amount in by_booking.items():
            at = payable_from.get((payment_id, booking_id))
            going = going_back[booking_id, currency]
            wanted = max(0, amount) if at else min(max(0, amount), going)
            part = min(wanted, left)
            held.amount, left = held.amount + part, left - part
            if at and part > going:
                held.coming[at] += part - going
        held.amount += min(left, going_back[None, currency])
    for money in recoveries.being_sent(coach_id):
        found[money.currency].amount += money.amount
    return found


def _payable_from(coach_id: UUID) -> dict[tuple[UUID, UUID | None], datetime]:
    """When held money becomes payable, by payment and booking."""
    delay = timedelta(days=current_settings().payout_delay_days)
    ended = now() - delay
    rows = db.session.execute(
        select(PaymentLine.payment_id, Booking.id, func.upper(Booking.period))
        .join(Booking, Booking.id == PaymentLine.booking_id)
        .where(Booking.coach_id == coach_id, func.lower(Booking.period) > ended - MAX_SESSION)
        .where(func.upper(Booking.period) > ended)
    )
    return {(payment_id, booking_id): end + delay for payment_id, booking_id, end in rows}


def _paying_back(coach_id: UUID) -> Sequence[Payment]:
    """Payments with a recorded refund that Stripe has not made yet."""
    owed = Refund.status == RefundStatus.PENDING, Refund.stripe_refund_id.is_(None)
    query = select(Payment).where(Payment.coach_id == coach_id, Payment.refunds.any(and_(*owed)))
    return db.session.scalars(query).all()


def _entries_of(payments: set[UUID]) -> dict[tuple[UUID, str], Counter[UUID | None]]:
    """The ledger's sums by payment, currency and booking."""
    query = select(Entry.payment_id, Entry.currency, Entry.booking_id, func.sum(Entry.amount_minor))
    found: defaultdict[tuple[UUID, str], Counter[UUID | None]] = defaultdict(Counter)
    if payments:
        of_them = query.where(Entry.payment_id.in_(payments))
        for payment_id, currency, booking_id, amount in db.session.execute(
            of_them.group_by(Entry.payment_id, Entry.currency, Entry.booking_id)
        ):
            found[payment_id, currency][booking_id] += int(amount)
    return found
