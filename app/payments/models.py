"""Payments, refunds and disputes: one aggregate."""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    bindparam,
    exists,
    false,
    func,
    select,
    text,
)
from sqlalchemy.orm import (
    InstrumentedAttribute,
    Mapped,
    contains_eager,
    joinedload,
    mapped_column,
    relationship,
)
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.models import Account
from app.audit import TransitionRow, record_transition
from app.bookings.locks import PeopleLock
from app.bookings.models import Booking
from app.bookings.status import Status as BookingStatus
from app.coaches.models import Coach
from app.extensions import Base, MinorUnits, TimestampMixin, db, enum_column, now
from app.money.money import Money
from app.payments.status import (
    AWAITS_EVIDENCE,
    DECIDED,
    GIVEN_BACK,
    INQUIRIES,
    NOT_REFUNDED,
    OPEN_REFUNDS,
    PAID,
    AttemptStage,
    DisputeStatus,
    RefundCause,
    RefundReason,
    RefundStatus,
    Status,
    check_transition,
)

_NOT_SUCCEEDED = text("status <> 'succeeded'")


class Payment(TimestampMixin, Base):
    """A payment: one Checkout session for a booking or a series, and its money."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount_refunded_minor between 0 and amount_minor", name="refunded"),
        # for the lists of a client, a coach and the operator: all, and the few that did not succeed
        Index("ix_payment_of_client", "client_id", "created_at", "id"),
        Index(
            "ix_payment_of_client_not_succeeded",
            *("client_id", "status", "created_at", "id"),
            postgresql_where=_NOT_SUCCEEDED,
        ),
        Index("ix_payment_of_coach", "coach_id", "created_at", "id"),
        Index(
            "ix_payment_of_coach_not_succeeded",
            *("coach_id", "status", "created_at", "id"),
            postgresql_where=_NOT_SUCCEEDED,
        ),
        Index("ix_payment_at", "created_at", "id"),
        Index("ix_payment_not_succeeded", "status", "created_at", "id", postgresql_where=_NOT_SUCCEEDED),
        Index(
            "ix_payment_open",
            "created_at",
            postgresql_where=text(
                "status IN ('pending', 'processing', 'failed') AND session_ended_at IS NULL"
            ),
        ),
        Index("ix_payment_fee_due", "fee_due_at", postgresql_where=text("fee_due_at IS NOT NULL")),
    )

    coach_id: Mapped[UUID] = mapped_column(ForeignKey("coach.id"))
    client_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    deployment_id: Mapped[UUID | None]
    """The deployment that created it; None for rows older than this column."""
    amount_minor: Mapped[MinorUnits]
    currency: Mapped[str]
    status: Mapped[Status] = mapped_column(enum_column(Status), default=Status.PENDING)
    amount_refunded_minor: Mapped[MinorUnits] = mapped_column(default=0)
    locale: Mapped[str] = mapped_column(default="auto")
    """The language of Stripe's page; `auto` follows the payer's browser."""
    success_url: Mapped[str]
    cancel_url: Mapped[str]
    session_expires_at: Mapped[datetime]
    session_ended_at: Mapped[datetime | None]
    """When its session ended at Stripe. Events from before that are stale."""
    session_url: Mapped[str | None]
    stripe_session_id: Mapped[str | None] = mapped_column(unique=True)
    """None until Stripe has answered; the session may already exist there."""
    stripe_payment_intent_id: Mapped[str | None] = mapped_column(unique=True)
    stripe_charge_id: Mapped[str | None] = mapped_column(unique=True)
    receipt_url: Mapped[str | None]
    method: Mapped[str | None]
    """Stripe's payment method type, such as `card`; None until it is settled."""
    attempt_stage: Mapped[int | None]
    """The AttemptStage of the payer's latest attempt to pay; None before the first."""
    attempt_at: Mapped[datetime | None]
    """The time of that attempt by Stripe's clock, in whole seconds."""
    failure_code: Mapped[str | None]
    failure_message: Mapped[str | None]
    commission_minor: Mapped[MinorUnits] = mapped_column(default=0, server_default="0")
    """Our commission, by the percentage at creation. Refunds return their part of it."""
    stripe_destination_id: Mapped[str | None]
    """The coach's account to which Stripe transfers it, less our commission; None if we owe the coach."""
    sent_on_minor: Mapped[MinorUnits | None]
    """The amount at that account, as last read from Stripe."""
    fee_minor: Mapped[MinorUnits | None]
    """Stripe's fee; None until it is known."""
    net_minor: Mapped[MinorUnits | None]
    fee_currency: Mapped[str | None]
    """The settlement currency of fee and net, which may differ from the payment's."""
    stripe_balance_transaction_id: Mapped[str | None]
    fee_due_at: Mapped[datetime | None]
    """When the fee is next fetched from Stripe; None if nothing is to be fetched."""
    fee_attempts: Mapped[int] = mapped_column(default=0, server_default="0")

    client: Mapped[Account] = relationship()
    coach: Mapped[Coach] = relationship()
    lines: Mapped[list["PaymentLine"]] = relationship(back_populates="payment")
    refunds: Mapped[list["Refund"]] = relationship(back_populates="payment", order_by="Refund.created_at")
    disputes: Mapped[list["Dispute"]] = relationship(back_populates="payment", order_by="Dispute.opened_at")

    @property
    def price(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.amount_refunded_minor, self.currency)

    @property
    def failure(self) -> dict[str, str] | None:
        return (
            {"code": self.failure_code, "message": self.failure_message or ""} if self.failure_code else None
        )

    @property
    def left(self) -> Money:
        return Money(self.left_minor, self.currency)

    @property
    def left_minor(self) -> int:
        """The refundable rest: not refunded, not being refunded, and not lost to a dispute."""
        gone = (refund.amount_minor for refund in self.refunds if refund.status not in NOT_REFUNDED)
        return max(0, self.amount_minor - sum(gone) - self.given_back_minor)

    @property
    def given_back_minor(self) -> int:
        """The amount that lost disputes returned to the client."""
        return sum(dispute.given_back_minor for dispute in self.disputes)

    @property
    def kept(self) -> Money:
        """What we hold now: captured, less refunds and what disputes withdrew."""
        captured = self.amount_minor if self.is_paid else 0
        taken = sum(dispute.withdrawn_minor for dispute in self.disputes)
        return Money(captured - self.amount_refunded_minor - taken, self.currency)

    @property
    def is_paid(self) -> bool:
        return self.status in PAID

    @property
    def takes_another_method(self) -> bool:
        """Whether its session can still be paid, by the latest attempt."""
        return self.attempt_stage in {None, AttemptStage.DECLINED}

    def advance_attempt(self, stage: AttemptStage, at: datetime) -> bool:
        """Record the state of the payer's latest attempt. False for a stale event of an earlier attempt.

        Events arrive in any order: a card's decline may come after the debit that the payer chose next.
        """
        if self.attempt_at and self.attempt_stage is not None:
            known = self.attempt_at, self.attempt_stage
            if (at, stage) < known:
                return False
        self.attempt_stage, self.attempt_at = int(stage), at
        return True

    @property
    def bookings(self) -> list[Booking]:
        """The bookings that it pays for, the earliest session first."""
        return sorted((line.booking for line in self.lines), key=lambda booking: booking.start)

    @property
    def waiting(self) -> list[Booking]:
        """The bookings that wait for this payment and not for a newer one."""
        return [booking for booking in self.bookings if booking.payment_id == self.id]

    @property
    def is_of_erased(self) -> bool:
        """Whether its client or its coach has erased the account."""
        return self.client.is_erased or self.coach.account.is_erased

    def stop_waiting(self, apart_from: Booking | None = None) -> None:
        """Release its bookings for another payment; it and they are locked."""
        for booking in self.waiting:
            if booking is not apart_from:
                booking.payment_id = None

    def wait_again(self) -> None:
        """Assign bookings without a payment to this one; the payment is locked."""
        for booking in self.bookings:
            if booking.payment_id is None and booking.status is BookingStatus.PENDING:
                booking.payment_id = self.id

    def share(self, booking: Booking) -> Money:
        """The amount paid for one of its bookings."""
        paid = sum(line.amount_minor for line in self.lines if line.booking_id == booking.id)
        return Money(paid, self.currency)

    def left_of(self, booking: Booking) -> Money:
        """The part of a booking's share that is neither refunded nor being refunded."""
        given_back = sum(
            refund.amount_minor
            for refund in self.refunds
            if refund.booking_id == booking.id and refund.status not in NOT_REFUNDED
        )
        return Money(max(0, min(self.share(booking).amount - given_back, self.left_minor)), self.currency)

    def transition_to(self, status: Status, reason: str = "") -> None:
        """Change the status and write the audit row. Only this writes `status`. Raises IllegalTransition."""
        check_transition(self.status, status)
        record_transition(
            PaymentTransition, payment_id=self.id, before=self.status, after=status, reason=reason
        )
        self.status = status
        if status is not Status.FAILED:
            self.failure_code = self.failure_message = None

    @staticmethod
    def locked(payment_id: UUID) -> "Payment | None":
        """Lock coach, client, bookings and payment, in this order, until the transaction ends."""
        coach, client = _LOCK_PEOPLE.take(payment=payment_id)
        if coach is None:
            return None
        lines = db.session.scalars(_LOCK_LINES, {"payment": payment_id}).all()
        payment = db.session.scalars(_LOCK, {"payment": payment_id}).unique().one()
        # reuse the rows that the locks have read
        set_committed_value(payment, "lines", lines)
        for known in (payment, *(line.booking for line in lines)):
            set_committed_value(known, "coach", coach)
            set_committed_value(known, "client", client)
        return payment


class PaymentLine(Base):
    """A line of a payment: the amount for one booking."""

    __tablename__ = "payment_line"

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"), primary_key=True)
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("booking.id"), primary_key=True, index=True)
    amount_minor: Mapped[MinorUnits]

    payment: Mapped[Payment] = relationship(back_populates="lines")
    booking: Mapped[Booking] = relationship(lazy="joined", innerjoin=True)
    """Loaded with its line, because a year's series has 52 lines."""


class PaymentTransition(TransitionRow):
    """A change of a payment's status: from, to, when, by whom and why."""

    __tablename__ = "payment_move"

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"), index=True)
    before: Mapped[Status] = mapped_column(enum_column(Status, "before"))
    after: Mapped[Status] = mapped_column(enum_column(Status, "after"))


class Refund(TimestampMixin, Base):
    """A refund: a row first, then the call to Stripe, then the status that Stripe reports."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_refund_at", "created_at", "id"),
        Index("ix_refund_not_succeeded", "status", "created_at", "id", postgresql_where=_NOT_SUCCEEDED),
        Index(
            "ix_refund_due",
            "due_at",
            postgresql_where=text("status = 'pending' AND stripe_refund_id IS NULL"),
        ),
        Index(
            "ix_refund_open", "created_at", postgresql_where=text("status IN ('pending', 'requires_action')")
        ),
        # a failed refund has one replacement: of two concurrent retries the second is refused
        Index(
            "uq_refund_follows_id", "follows_id", unique=True, postgresql_where=text("follows_id IS NOT NULL")
        ),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"), index=True)
    booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("booking.id"))
    """The booking whose share is refunded; None for a manual refund of a series without one."""
    cause: Mapped[RefundCause] = mapped_column(enum_column(RefundCause, "cause"))
    amount_minor: Mapped[MinorUnits]
    currency: Mapped[str]
    status: Mapped[RefundStatus] = mapped_column(enum_column(RefundStatus), default=RefundStatus.PENDING)
    reason: Mapped[str]
    stripe_reason: Mapped[RefundReason | None] = mapped_column(enum_column(RefundReason, "stripe_reason"))
    """The reason sent to Stripe; None if it was made there, or before reasons were sent."""
    stripe_refund_id: Mapped[str | None] = mapped_column(unique=True)
    said_at: Mapped[datetime | None]
    """When Stripe reported the status; None before the first report and in old rows."""
    failure_reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    last_error: Mapped[str | None]
    stripe_failures: Mapped[int] = mapped_column(default=0)
    """Stripe's server errors so far: each attempt after one needs a new idempotency key."""
    from_ours: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether we pay it from our balance, because Stripe refused to reverse the coach's transfer."""
    follows_id: Mapped[UUID | None] = mapped_column(ForeignKey("refund.id"))
    """The failed refund that this one replaces, or the partial one that it completes."""
    lease_expires_at: Mapped[datetime | None]
    """Until when a worker has claimed its submission; None if none has."""

    payment: Mapped[Payment] = relationship(back_populates="refunds")

    @property
    def is_owed(self) -> bool:
        """Whether Stripe has yet to make it."""
        return self.status is RefundStatus.PENDING and self.stripe_refund_id is None

    @property
    def follower(self) -> Self | None:
        """The refund that replaces this one."""
        return db.session.scalar(select(type(self)).where(type(self).follows_id == self.id))

    def is_news(self, status: RefundStatus, at: datetime | None) -> bool:
        """Whether this state is current: its events arrive in any order."""
        if status not in OPEN_REFUNDS:
            return True
        if self.status is RefundStatus.SUCCEEDED:
            return False
        if at is None or self.said_at is None:
            return True
        stages = OPEN_REFUNDS.index(status), OPEN_REFUNDS.index(self.status)
        return (at, stages[0]) >= (self.said_at, stages[1])

    def is_being_submitted(self, at: datetime) -> bool:
        """Whether a worker may be submitting it now."""
        return self.lease_expires_at is not None and self.lease_expires_at > at

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)


WARN_BEFORE_DEADLINE = (timedelta(days=3), timedelta(days=1))
"""How long before a dispute's deadline the operator is warned."""


class Dispute(TimestampMixin, Base):
    """A dispute of a payment by the payer's bank, or an inquiry."""

    __tablename__ = "dispute"
    __table_args__ = (
        Index("ix_dispute_at", "created_at", "id"),
        Index("ix_dispute_by_status", "status", "created_at", "id"),
        Index("ix_dispute_decided_at", "decided_at"),
        Index("ix_dispute_with_evidence", "decided_at", postgresql_where=text("evidence <> ''")),
        Index("ix_dispute_to_warn_of", "warn_at", postgresql_where=text("warn_at IS NOT NULL")),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"), index=True)
    stripe_dispute_id: Mapped[str] = mapped_column(unique=True)
    status: Mapped[DisputeStatus] = mapped_column(enum_column(DisputeStatus))
    amount_minor: Mapped[MinorUnits]
    currency: Mapped[str]
    reason: Mapped[str]
    is_charge_refundable: Mapped[bool]
    opened_at: Mapped[datetime]
    due_by: Mapped[datetime | None]
    """The deadline for evidence; None if none can be submitted."""
    submissions: Mapped[int]
    """The number of submissions, as Stripe counts them."""
    fund_moves: Mapped[int]
    """The number of its balance transactions, which only grows."""
    withdrawn_minor: Mapped[MinorUnits]
    """The amount that Stripe holds for it, without fees."""
    fee_minor: Mapped[MinorUnits | None]
    """Stripe's dispute fee; None while no money has moved."""
    fee_currency: Mapped[str | None]
    """The settlement currency."""
    evidence: Mapped[str]
    """The evidence: the booking's history when the dispute opened, later as it was submitted."""
    evidence_submitted_at: Mapped[datetime | None]
    evidence_lease_expires_at: Mapped[datetime | None]
    """Until when a submission is reserved; None without one."""
    evidence_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    """Stripe's server errors so far: each submission after one needs a new idempotency key."""
    told_deadline_at: Mapped[datetime]
    """When the operator was last warned of the deadline."""
    warn_at: Mapped[datetime | None]
    """When the operator is next warned."""
    decided_at: Mapped[datetime | None]

    payment: Mapped[Payment] = relationship(back_populates="disputes")

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def withdrawn(self) -> Money:
        return Money(self.withdrawn_minor, self.currency)

    @property
    def lacks_fee(self) -> bool:
        """Whether its fee is unknown although money moved: it is fetched from Stripe."""
        return self.fund_moves > 0 and self.fee_minor is None

    @property
    def is_inquiry(self) -> bool:
        return self.status in INQUIRIES

    @property
    def is_decided(self) -> bool:
        return self.status in DECIDED

    @property
    def awaits_evidence(self) -> bool:
        return self.status in AWAITS_EVIDENCE and self.evidence_submitted_at is None

    @property
    def given_back_minor(self) -> int:
        """The amount that it returned to the client: all of it when lost, until Stripe reports the sum."""
        if self.status not in GIVEN_BACK:
            return 0
        return self.withdrawn_minor if self.fund_moves else self.amount_minor

    def plan_warning(self) -> None:
        """Set the next warning: the first after the last one sent."""
        times = [self.due_by - before for before in WARN_BEFORE_DEADLINE] if self.due_by else []
        ahead = [time for time in times if time > self.told_deadline_at]
        self.warn_at = min(ahead, default=None) if self.awaits_evidence else None

    @property
    def holds_money(self) -> bool:
        """Whether Stripe refuses refunds of its payment until it is decided."""
        return not self.is_decided and not self.is_charge_refundable

    @classmethod
    def holding(cls, payment_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
        """SQL: whether a dispute holds the payment's money."""
        return exists().where(
            cls.payment_id == payment_id, cls.status.not_in(DECIDED), cls.is_charge_refundable.is_(False)
        )


# The statements of `Payment.locked`, built once, because every event runs them.
_ITS_ID = Payment.id == bindparam("payment")
_LOCK_PEOPLE = PeopleLock(
    select(Payment.coach_id).where(_ITS_ID).scalar_subquery(),
    select(Payment.client_id).where(_ITS_ID).scalar_subquery(),
)
_LOCK_LINES = (
    select(PaymentLine)
    .join(PaymentLine.booking)
    .options(contains_eager(PaymentLine.booking))
    .where(PaymentLine.payment_id == bindparam("payment"))
    .order_by(func.lower(Booking.period))
    .with_for_update(of=Booking)
    .execution_options(populate_existing=True)
)
"""The lines, the earliest session first, and their bookings, which it locks."""
_LOCK = (
    select(Payment)
    .where(_ITS_ID)
    # the coach's lock comes first, so the joined rows are not older than it
    .options(joinedload(Payment.refunds), joinedload(Payment.disputes))
    .with_for_update(of=Payment)
    .execution_options(populate_existing=True)
)
