"""A coach's trade drawn by hypothesis: payments, what went back of them, fees, and time that passes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import Range

from app.accounts.models import Account, Role
from app.bookings.models import Booking
from app.coaches.models import Coach
from app.extensions import db
from app.money.money import Money, smallest_step
from app.payments.commission import commission_on
from app.payments.ledger import posting
from app.payments.models import Dispute, Payment, PaymentLine, Refund
from app.payments.refunds import refunds
from app.payments.status import DisputeStatus, RefundCause, RefundStatus, Status

CURRENCIES = ["EUR", "JPY", "KWD", "ISK", "HUF"]
KINDS = ["pay", "refund", "refund", "refund", "fail", "settle", "settle", "dispute", "win", "wait", "wait"]
BEGINNING = datetime(2031, 1, 15, 12, tzinfo=UTC)


@dataclass
class Trade:
    """A coach, one client, and what happens between them; each step is on the books when it returns."""

    draw: st.DrawFn
    at: datetime = BEGINNING
    payments: list[Payment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client, owner = (self._account(role) for role in (Role.CLIENT, Role.COACH))
        self.coach = Coach(id=owner.id, time_zone="Pacific/Auckland")
        db.session.add(self.coach)
        db.session.flush()

    def goes_on(self) -> None:
        """One step of any kind."""
        payment = self.draw(st.sampled_from(self.payments))
        kind = self.draw(st.sampled_from(KINDS))
        if kind == "refund":
            self.is_refunded(payment)
        elif kind == "fail":
            self.fails_to_refund(payment)
        elif kind == "settle":
            self.is_settled(payment)
        elif kind == "dispute":
            self.is_disputed(payment)
        elif kind == "win":
            self.wins(payment)
        else:
            self.is_paid() if kind == "pay" else self.waits()

    def is_paid(self) -> None:
        currency = self.draw(st.sampled_from(CURRENCIES))
        prices = self.draw(st.lists(st.integers(1, 3000), min_size=1, max_size=4))
        total = Money(sum(prices) * smallest_step(currency), currency)
        lines = [self._line(price * smallest_step(currency), currency) for price in prices]
        payment = Payment(
            id=uuid4(),
            coach_id=self.coach.id,
            client=self.client,
            lines=lines,
            amount_minor=total.amount,
            currency=currency,
            commission_minor=commission_on(total, self.draw(st.decimals(0, 100, places=2))).amount,
            success_url="https://example.com",
            cancel_url="https://example.com",
            session_expires_at=self.at,
            status=Status.PENDING,
        )
        db.session.add(payment)
        db.session.flush()
        payment.transition_to(Status.SUCCEEDED)
        refunds.update_refunded(payment)
        posting.post(payment)
        self.payments.append(payment)

    def is_refunded(self, payment: Payment) -> None:
        line = self.draw(
            st.none() | st.sampled_from(sorted(payment.lines, key=lambda line: line.amount_minor))
        )
        left = payment.left_of(line.booking).amount if line else payment.left_minor
        step = smallest_step(payment.currency)
        if left < step:
            return
        amount = self.draw(st.just(left) | st.integers(1, left // step).map(lambda steps: steps * step))
        refund = Refund(
            payment=payment,
            booking_id=line and line.booking_id,
            amount_minor=amount,
            currency=payment.currency,
            cause=RefundCause.BY_HAND,
            reason="drawn",
            stripe_refund_id=uuid4().hex,
            status=RefundStatus.SUCCEEDED,
        )
        db.session.add(refund)
        db.session.flush()
        refunds.update_refunded(payment)
        posting.post(payment)

    def fails_to_refund(self, payment: Payment) -> None:
        """The last refund fails after it succeeded."""
        for refund in payment.refunds[-1:]:
            refund.status = RefundStatus.FAILED
            db.session.flush()
            refunds.update_refunded(payment)
            posting.post(payment)

    def is_settled(self, payment: Payment) -> None:
        if payment.fee_minor is None:
            payment.fee_minor = self.draw(st.integers(0, 500))
            payment.fee_currency = self.draw(st.sampled_from([payment.currency, "EUR"]))
            posting.post(payment)

    def is_disputed(self, payment: Payment) -> None:
        """A bank takes some of what is left."""
        step = smallest_step(payment.currency)
        if payment.left_minor < step or payment.disputes:
            return
        amount = self.draw(st.integers(1, payment.left_minor // step)) * step
        dispute = Dispute(
            payment=payment,
            stripe_dispute_id=uuid4().hex,
            status=DisputeStatus.LOST,
            amount_minor=amount,
            currency=payment.currency,
            reason="general",
            is_charge_refundable=False,
            opened_at=self.at,
            submissions=0,
            fund_moves=1,
            withdrawn_minor=amount,
            evidence="",
            told_deadline_at=self.at,
        )
        db.session.add(dispute)
        db.session.flush()
        posting.post(payment)

    def wins(self, payment: Payment) -> None:
        """The bank gives back what it took."""
        for dispute in payment.disputes:
            dispute.withdrawn_minor, dispute.fund_moves, dispute.status = 0, 2, DisputeStatus.WON
        posting.post(payment)

    def waits(self) -> None:
        self.at += timedelta(days=self.draw(st.integers(1, 40)))

    def _account(self, role: Role) -> Account:
        address = f"{uuid4().hex}@example.com"
        account = Account(email=address, name="Drawn", role=role, time_zone="UTC", password_hash="none")
        db.session.add(account)
        db.session.flush()
        return account

    def _line(self, amount: int, currency: str) -> PaymentLine:
        booked = db.session.query(Booking).filter_by(coach_id=self.coach.id).count()
        start = BEGINNING + timedelta(hours=booked)
        period = Range(start, start + timedelta(hours=1))
        booking = Booking(
            coach=self.coach,
            client=self.client,
            period=period,
            busy=period,
            amount_minor=amount,
            currency=currency,
            coach_time_zone="UTC",
            client_time_zone="UTC",
            policy={},
        )
        db.session.add(booking)
        return PaymentLine(booking=booking, amount_minor=amount)
