"""Handlers of Stripe's dispute events.

Each event carries the whole dispute, and events arrive in any order and number: the state that comes later in
a dispute's life wins, whenever it arrives.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from sqlalchemy import or_, select

from app.extensions import db, now
from app.money.money import CURRENCIES
from app.payments.disputes import evidence, messages, resolution
from app.payments.events.payloads import (
    Handler,
    Mismatch,
    Outcome,
    StripeObject,
    Unreadable,
    instant,
    one_of,
    reference_id,
    required,
    text_or_none,
)
from app.payments.ledger import posting, recoveries
from app.payments.models import Dispute, Payment
from app.payments.status import AWAITS_EVIDENCE, GIVEN_BACK, INQUIRIES, DisputeStatus
from app.payments.stripe import disputes as at_stripe

_LIFE = tuple(DisputeStatus)
VERDICTS = frozenset({DisputeStatus.LOST, DisputeStatus.WON})


@dataclass(frozen=True, order=True)
class Standing:
    """The state of a dispute. Of two states, the greater is the later one."""

    stage: int
    """The position of its status in a dispute's life."""
    submissions: int
    due_by: float
    """The deadline in seconds since 1970, as Stripe sends it; 0 without a deadline."""
    is_held: bool
    """Whether the charge cannot be refunded."""
    amount_minor: int
    reason: str
    moves: int = field(compare=False)
    """The number of balance transactions, which only grows."""

    @classmethod
    def reported(cls, dispute: StripeObject) -> Self:
        """Raises Unreadable."""
        details = required(dispute, "evidence_details", dict)
        has_deadline = details.get("due_by") is not None
        return cls(
            stage=_LIFE.index(one_of(dispute, "status", DisputeStatus)),
            submissions=required(details, "submission_count", int),
            due_by=instant(details, "due_by").timestamp() if has_deadline else 0,
            is_held=not required(dispute, "is_charge_refundable", bool),
            amount_minor=required(dispute, "amount", int),
            reason=text_or_none(dispute, "reason") or "unknown",
            moves=len(required(dispute, "balance_transactions", list)),
        )

    @classmethod
    def known(cls, dispute: Dispute) -> Self:
        return cls(
            stage=_LIFE.index(dispute.status),
            submissions=dispute.submissions,
            due_by=dispute.due_by.timestamp() if dispute.due_by else 0,
            is_held=not dispute.is_charge_refundable,
            amount_minor=dispute.amount_minor,
            reason=dispute.reason,
            moves=dispute.fund_moves,
        )

    @property
    def status(self) -> DisputeStatus:
        return _LIFE[self.stage]

    def is_after(self, known: Self) -> bool:
        """Whether this state is the later one: after a reversed verdict, the one with more transactions."""
        if self._are_verdicts(known) and self.moves != known.moves:
            return self.moves > known.moves
        return self > known

    def replaces(self, known: Self) -> bool:
        """Whether this state replaces the one that is recorded."""
        if self._are_verdicts(known):
            return self != known and self.moves >= known.moves
        return self != known and self.stage >= known.stage

    def _are_verdicts(self, known: Self) -> bool:
        return {self.status, known.status} <= VERDICTS

    def write(self, dispute: Dispute) -> None:
        dispute.status = self.status
        dispute.submissions = self.submissions
        dispute.due_by = datetime.fromtimestamp(self.due_by, UTC) if self.due_by else None
        dispute.is_charge_refundable = not self.is_held
        dispute.amount_minor, dispute.reason = self.amount_minor, self.reason


@dataclass(frozen=True)
class BalanceMove:
    """The dispute's effect on our balance at Stripe, in the settlement currency."""

    amount: int
    fee: int
    currency: str

    @classmethod
    def reported(cls, move: object) -> Self:
        """Raises Unreadable."""
        thing = move if isinstance(move, dict) else {}
        currency = required(thing, "currency", str).upper()
        if currency not in CURRENCIES:
            raise Unreadable(thing, "currency")
        return cls(required(thing, "amount", int), required(thing, "fee", int), currency)


def on_event(subject: StripeObject, _at: datetime) -> Outcome:
    """Handle an event about a dispute. The first event creates the row."""
    return _apply(subject, Standing.is_after)


def seen(subject: StripeObject, _at: datetime) -> Outcome:
    """Apply the present state at Stripe, which replaces what events said before."""
    return _apply(subject, Standing.replaces)


def _apply(subject: StripeObject, is_news: Callable[[Standing, Standing], bool]) -> str | None:
    payment = payment_of(subject)
    if payment is None:
        return "no payment of ours"
    stripe_id, currency = required(subject, "id", str), required(subject, "currency", str)
    if currency.upper() != payment.currency:
        raise Mismatch(f"dispute {stripe_id} is in {currency}, payment {payment.id} is not")
    standing = Standing.reported(subject)
    row = select(Dispute).where(Dispute.stripe_dispute_id == stripe_id).with_for_update()
    dispute = db.session.scalar(row.execution_options(populate_existing=True))
    before = dispute.status if dispute else None
    dispute = dispute or _opened(payment, subject, standing)
    stands_anew = before is None or is_news(standing, Standing.known(dispute))
    if stands_anew:
        standing.write(dispute)
    moved = _move_funds(dispute, subject)
    if stands_anew:
        _follow(dispute, before)
    if stands_anew or moved:
        recoveries.follow(dispute)
    return None if stands_anew or moved else f"the dispute is {dispute.status} already"


def payment_of(subject: StripeObject) -> Payment | None:
    """The payment, locked, whose intent or charge an object names."""
    by_id = [
        column == named
        for column, name in (
            (Payment.stripe_payment_intent_id, "payment_intent"),
            (Payment.stripe_charge_id, "charge"),
        )
        if (named := reference_id(subject.get(name)))
    ]
    payment_id = db.session.scalar(select(Payment.id).where(or_(*by_id))) if by_id else None
    return Payment.locked(payment_id) if payment_id else None


def _opened(payment: Payment, subject: StripeObject, standing: Standing) -> Dispute:
    dispute = Dispute(
        payment=payment,
        stripe_dispute_id=subject["id"],
        currency=payment.currency,
        opened_at=instant(subject, "created"),
        fund_moves=0,
        withdrawn_minor=0,
        evidence=evidence.pack(payment).text,
        told_deadline_at=now(),
    )
    standing.write(dispute)
    db.session.add(dispute)
    db.session.flush()
    return dispute


def _move_funds(dispute: Dispute, subject: StripeObject) -> bool:
    """Whether its list of balance transactions differs from what is recorded."""
    moves = [BalanceMove.reported(move) for move in required(subject, "balance_transactions", list)]
    if len(moves) < dispute.fund_moves:
        return False
    before = dispute.fund_moves, dispute.withdrawn_minor, dispute.fee_minor
    dispute.fund_moves, dispute.withdrawn_minor = len(moves), _withdrawn(moves, dispute)
    if moves:
        dispute.fee_minor = sum(move.fee for move in moves)
        dispute.fee_currency = moves[0].currency
    if before == (dispute.fund_moves, dispute.withdrawn_minor, dispute.fee_minor):
        return False
    posting.post(dispute.payment)
    return True


def _withdrawn(moves: Sequence[BalanceMove], dispute: Dispute) -> int:
    """The total taken. If our account settles in another currency, each one moved the whole amount."""
    taken = 0
    for move in moves:
        if move.currency == dispute.currency:
            taken -= move.amount
        else:
            taken += dispute.amount_minor if move.amount < 0 else -dispute.amount_minor
    return max(0, taken)


def _follow(dispute: Dispute, before: DisputeStatus | None) -> None:
    """Apply the consequences of its state: mails, deadline, and waiting refunds."""
    if before is None or (before in INQUIRIES and not dispute.is_inquiry):
        dispute.evidence_submitted_at = dispute.decided_at = None
        dispute.told_deadline_at = now()
        messages.opened(dispute, at_stripe.page(dispute.payment.stripe_payment_intent_id))
    if dispute.submissions and dispute.status not in AWAITS_EVIDENCE:
        dispute.evidence_submitted_at = dispute.evidence_submitted_at or now()
    dispute.plan_warning()
    if dispute.is_decided and dispute.status is not before:
        _decided(dispute, before)


def _decided(dispute: Dispute, before: DisputeStatus | None) -> None:
    dispute.decided_at = now()
    db.session.flush()
    if before in GIVEN_BACK and dispute.status not in GIVEN_BACK:
        resolution.restore(dispute.payment)
    page = at_stripe.page(dispute.payment.stripe_payment_intent_id)
    reversed_verdict = before if before in VERDICTS else None
    messages.decided(dispute, reversed_verdict, resolution.settle(dispute.payment), page)
    if dispute.payment.is_of_erased:
        dispute.evidence = ""  # it was stored for the bank only


HANDLERS: dict[str, Handler] = dict.fromkeys(
    (
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    ),
    on_event,
)
