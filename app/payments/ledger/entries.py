"""What the books say of a payment: for each of its bookings what came in, what went out, and what for.

Pure: from how a payment stands to the amounts that stand for it, in and out of its coach's account with us.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from app.money.allocation import in_proportion, split
from app.money.money import Money, smallest_step


class Kind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    FEE = "fee"
    COMMISSION = "commission"
    TRANSFER = "transfer"


class Item(NamedTuple):
    """What an amount in the books is for; there may be several entries for one."""

    kind: Kind
    source_id: UUID
    """The payment, the refund or the dispute."""
    booking_id: UUID | None
    """None where nobody said for which session of a series money went back, or where it went for all."""
    currency: str


@dataclass(frozen=True)
class Outflow:
    """Money that went back to the client: a refund, or what a dispute has taken."""

    kind: Kind
    source_id: UUID
    booking_id: UUID | None
    amount: int


@dataclass(frozen=True)
class StripeFee:
    """What Stripe keeps, of the payment or for a dispute."""

    source_id: UUID
    fee: Money
    """In the currency that it settles in; less than nothing where it gave back more than it had kept."""


@dataclass(frozen=True)
class PaymentPosition:
    """How a paid payment stands."""

    payment_id: UUID
    currency: str
    shares: Mapping[UUID, int]
    """What was paid for each booking."""
    commission: int
    """Ours, while nothing has gone back."""
    kept: Sequence[StripeFee]
    """Stripe's fees, as far as they are known and not ours to bear."""
    sent_on: int
    """What of it is at the coach's own account at Stripe."""
    gone: Sequence[Outflow]


def amounts(paid: PaymentPosition) -> Counter[Item]:
    """Each amount that belongs into the books, in minor units: what the coach gets is positive."""
    found: Counter[Item] = Counter()
    for booking_id, share in paid.shares.items():
        found[Item(Kind.PAYMENT, paid.payment_id, booking_id, paid.currency)] += share
    for gone in paid.gone:
        found[Item(gone.kind, gone.source_id, gone.booking_id, paid.currency)] -= gone.amount
    for kept in paid.kept:
        of_fee = split(kept.fee.amount, list(paid.shares.values()))
        for booking_id, fee in zip(paid.shares, of_fee, strict=True):
            found[Item(Kind.FEE, kept.source_id, booking_id, kept.fee.currency)] -= fee
    for at, commission in _commission(paid).items():
        found[Item(Kind.COMMISSION, paid.payment_id, at, paid.currency)] -= commission
    only = next(iter(paid.shares)) if len(paid.shares) == 1 else None
    found[Item(Kind.TRANSFER, paid.payment_id, only, paid.currency)] -= paid.sent_on
    return found


def _commission(paid: PaymentPosition) -> dict[UUID | None, int]:
    """What is still ours, by booking: of what has gone back, its proportion went back too.

    Each booking has a share of the commission, and loses of it what `in_proportion` says of all that went
    back for it. For what went back for no booking in particular, the commission on what is left of them all
    loses its proportion, which stands under no booking.
    """
    step, bookings = smallest_step(paid.currency), list(paid.shares)
    of_each = split(paid.commission, list(paid.shares.values()), step)
    back: Counter[UUID | None] = Counter()
    for gone in paid.gone:
        back[gone.booking_id] += gone.amount
    kept: dict[UUID | None, int] = {
        booking: commission - in_proportion(commission, back[booking], paid.shares[booking], step)
        for booking, commission in zip(bookings, of_each, strict=True)
    }
    left = sum(max(0, paid.shares[booking] - back[booking]) for booking in bookings)
    return {**kept, None: -in_proportion(sum(kept.values()), back[None], left, step)}
