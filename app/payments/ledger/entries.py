"""Computes the ledger entries of a payment: amounts by booking and kind. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from app.money.allocation import split
from app.money.money import Money
from app.payments.commission import commission_after_returns


class Kind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    FEE = "fee"
    COMMISSION = "commission"
    TRANSFER = "transfer"


class Item(NamedTuple):
    """The subject of an amount in the ledger, which may have several entries."""

    kind: Kind
    source_id: UUID
    """The payment, the refund or the dispute."""
    booking_id: UUID | None
    """None if money of a series was returned for no session in particular."""
    currency: str


@dataclass(frozen=True)
class Outflow:
    """Money returned to the client: a refund, or the amount that a dispute withdrew."""

    kind: Kind
    source_id: UUID
    booking_id: UUID | None
    amount: int


@dataclass(frozen=True)
class StripeFee:
    """A fee of Stripe, for the payment or for a dispute."""

    source_id: UUID
    fee: Money
    """In the settlement currency; negative if Stripe returned more than it had charged."""


@dataclass(frozen=True)
class PaymentPosition:
    """The state of a paid payment."""

    payment_id: UUID
    currency: str
    shares: Mapping[UUID, int]
    """The amount paid for each booking."""
    commission: int
    """Our commission before any refund."""
    kept: Sequence[StripeFee]
    """Stripe's fees that the coach bears, as far as known."""
    sent_on: int
    """The amount at the coach's account at Stripe."""
    gone: Sequence[Outflow]


def amounts(paid: PaymentPosition) -> Counter[Item]:
    """All amounts of the ledger in minor units; those in the coach's favour are positive."""
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
    returned: Counter[UUID | None] = Counter()
    for gone in paid.gone:
        returned[gone.booking_id] += gone.amount
    return commission_after_returns(Money(paid.commission, paid.currency), paid.shares, returned)
