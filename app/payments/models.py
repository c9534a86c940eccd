"""Payments and refunds."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, exists, false, func, select, text
from sqlalchemy.orm import (
    InstrumentedAttribute,
    Mapped,
    contains_eager,
    joinedload,
    mapped_column,
    relationship,
)
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.models import Account, Role
from app.audit import AuditRow
from app.bookings.models import Booking, lock_people
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


class Payment(TimestampMixin, Base):
    """One Checkout session for one booking or for a series, and the money that came through it."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount_refunded_minor between 0 and amount_minor", name="refunded"),
        # In the order of each list: a client's, a coach's, everybody's, with a status and without.
        Index("ix_payment_of_client", "client_id", "created_at", "id"),
        Index("ix_payment_of_client_by_status", "client_id", "status", "created_at", "id"),
        Index("ix_payment_of_coach", "coach_id", "created_at", "id"),
        Index("ix_payment_of_coach_by_status", "coach_id", "status", "created_at", "id"),
        Index("ix_payment_at", "created_at", "id"),
        Index("ix_payment_by_status", "status", "created_at", "id"),
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
    """Who asked for it, of those on one Stripe account; None of what is older than this column."""
    amount_minor: Mapped[MinorUnits]
    currency: Mapped[str]
    status: Mapped[Status] = mapped_column(enum_column(Status), default=Status.PENDING)
    amount_refunded_minor: Mapped[MinorUnits] = mapped_column(default=0)
    locale: Mapped[str] = mapped_column(default="auto")
    """In which language Stripe's page is shown; `auto` is the payer's browser's."""
    success_url: Mapped[str]
    cancel_url: Mapped[str]
    session_expires_at: Mapped[datetime]
    session_ended_at: Mapped[datetime | None]
    """When Stripe said that nobody can pay in its session any more; news from before it comes too late."""
    session_url: Mapped[str | None]
    stripe_session_id: Mapped[str | None] = mapped_column(unique=True)
    """None until Stripe has answered; the session may exist there all the same."""
    stripe_payment_intent_id: Mapped[str | None] = mapped_column(unique=True)
    stripe_charge_id: Mapped[str | None] = mapped_column(unique=True)
    receipt_url: Mapped[str | None]
    method: Mapped[str | None]
    """How it was paid, in Stripe's words, such as `card`; None until it is settled."""
    attempt_stage: Mapped[int | None]
    """The AttemptStage of the payer's latest attempt to pay; None before the first."""
    attempt_at: Mapped[datetime | None]
    """When Stripe said so, by its own clock, in whole seconds."""
    failure_code: Mapped[str | None]
    failure_message: Mapped[str | None]
    commission_minor: Mapped[MinorUnits] = mapped_column(default=0, server_default="0")
    """Our part, by the percentage when it was made; what is refunded later gives its part of it back."""
    stripe_destination_id: Mapped[str | None]
    """The coach's account that Stripe sends it on to, less our commission; None where we owe the coach."""
    sent_on_minor: Mapped[MinorUnits | None]
    """What of it is at that account, by Stripe's latest word."""
    fee_minor: Mapped[MinorUnits | None]
    """What Stripe kept of it; None until Stripe says so."""
    net_minor: Mapped[MinorUnits | None]
    fee_currency: Mapped[str | None]
    """What Stripe settles in, of fee and net: it may differ from what was paid in."""
    stripe_balance_transaction_id: Mapped[str | None]
    fee_due_at: Mapped[datetime | None]
    """When Stripe is asked for the fee next; None while there is nothing to ask."""
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
        """What is not refunded yet, nor being refunded, nor given back to the client by a dispute."""
        gone = (refund.amount_minor for refund in self.refunds if refund.status not in NOT_REFUNDED)
        return max(0, self.amount_minor - sum(gone) - self.given_back_minor)

    @property
    def given_back_minor(self) -> int:
        """What the client has by disputes that we lost."""
        return sum(dispute.given_back_minor for dispute in self.disputes)

    @property
    def kept(self) -> Money:
        """What is ours at the moment: captured, less what was refunded and what disputes have taken."""
        captured = self.amount_minor if self.is_paid else 0
        taken = sum(dispute.withdrawn_minor for dispute in self.disputes)
        return Money(captured - self.amount_refunded_minor - taken, self.currency)

    @property
    def is_paid(self) -> bool:
        return self.status in PAID

    @property
    def takes_another_method(self) -> bool:
        """Whether its session may still be paid in, as far as the latest attempt says."""
        return self.attempt_stage in {None, AttemptStage.DECLINED}

    def advance_attempt(self, stage: AttemptStage, at: datetime) -> bool:
        """Record how the payer's latest attempt stands. False for news of an earlier one: it is left out.

        Stripe keeps no order: a card's decline may arrive after the debit that the payer chose next.
        """
        if self.attempt_at and self.attempt_stage is not None:
            known = self.attempt_at, self.attempt_stage
            if (at, stage) < known:
                return False
        self.attempt_stage, self.attempt_at = int(stage), at
        return True

    @property
    def bookings(self) -> list[Booking]:
        """What it pays for, the earliest session first."""
        return sorted((line.booking for line in self.lines), key=lambda booking: booking.start)

    @property
    def waiting(self) -> list[Booking]:
        """The bookings that wait for this payment, and not for a newer one."""
        return [booking for booking in self.bookings if booking.payment_id == self.id]

    @property
    def is_of_erased(self) -> bool:
        """Whether its client or its coach has erased the account."""
        return self.client.is_erased or self.coach.account.is_erased

    def stop_waiting(self, apart_from: Booking | None = None) -> None:
        """Its bookings wait for another payment from now on; it and they are locked."""
        for booking in self.waiting:
            if booking is not apart_from:
                booking.payment_id = None

    def wait_again(self) -> None:
        """Bookings that wait for no payment wait for this one; the payment is locked."""
        for booking in self.bookings:
            if booking.payment_id is None and booking.status is BookingStatus.PENDING:
                booking.payment_id = self.id

    def share(self, booking: Booking) -> Money:
        """What was paid for one of its bookings."""
        paid = sum(line.amount_minor for line in self.lines if line.booking_id == booking.id)
        return Money(paid, self.currency)

    def left_of(self, booking: Booking) -> Money:
        """What of a booking's share is not refunded yet, nor being refunded."""
        given_back = sum(
            refund.amount_minor
            for refund in self.refunds
            if refund.booking_id == booking.id and refund.status not in NOT_REFUNDED
        )
        return Money(max(0, min(self.share(booking).amount - given_back, self.left_minor)), self.currency)

    def concerns(self, account: Account) -> bool:
        """Whether this person may see it: its client, its coach, an admin."""
        return account.role is Role.ADMIN or account.id in {self.client_id, self.coach_id}

    def transition_to(self, status: Status, reason: str = "") -> None:
        """The only writer of `status`. Raises IllegalTransition; writes the audit row."""
        check_transition(self.status, status)
        db.session.add(PaymentTransition(payment_id=self.id, before=self.status, after=status, reason=reason))
        self.status = status
        if status is not Status.FAILED:
            self.failure_code = self.failure_message = None

    @classmethod
    def locked(cls, payment_id: UUID) -> Self | None:
        """The payment, with its coach's, client's, bookings' and its own row locked, in this order."""
        of_it = cls.id == payment_id
        coach, client = lock_people(
            select(cls.coach_id).where(of_it).scalar_subquery(),
            select(cls.client_id).where(of_it).scalar_subquery(),
        )
        lines = PaymentLine.locked(payment_id)
        # Who has the coach's row waits for nobody here: what is joined to this one is no older than its lock.
        all_of_it = select(cls).where(of_it).options(joinedload(cls.refunds), joinedload(cls.disputes))
        row_lock = all_of_it.with_for_update(of=cls).execution_options(populate_existing=True)
        payment = db.session.scalars(row_lock).unique().one_or_none()
        if payment is None:
            return None
        # What was read for the locks is not asked for again.
        set_committed_value(payment, "lines", lines)
        for known in (payment, *(line.booking for line in lines)):
            set_committed_value(known, "coach", coach)
            set_committed_value(known, "client", client)
        return payment


class PaymentLine(Base):
    """What of a payment is for one booking."""

    __tablename__ = "payment_line"

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"), primary_key=True)
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("booking.id"), primary_key=True, index=True)
    amount_minor: Mapped[MinorUnits]

    payment: Mapped[Payment] = relationship(back_populates="lines")
    booking: Mapped[Booking] = relationship(lazy="joined", innerjoin=True)
    """Read with its line: nobody wants a line alone, and a year's series has 52."""

    @classmethod
    def locked(cls, payment_id: UUID) -> Sequence[Self]:
        """What a payment is for, the rows of its bookings locked, the earliest first."""
        lines = select(cls).join(cls.booking).options(contains_eager(cls.booking))
        of_it = lines.where(cls.payment_id == payment_id).order_by(func.lower(Booking.period))
        row_locks = of_it.with_for_update(of=Booking)
        return db.session.scalars(row_locks.execution_options(populate_existing=True)).all()


class PaymentTransition(AuditRow, Base):
    """Who moved a payment from which status to which, when, and because of what."""

    __tablename__ = "payment_move"

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"), index=True)
    before: Mapped[Status] = mapped_column(enum_column(Status, "before"))
    after: Mapped[Status] = mapped_column(enum_column(Status, "after"))


class Refund(TimestampMixin, Base):
    """Money that goes back: a row first, then the call to Stripe, then what Stripe says of it."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_refund_at", "created_at", "id"),
        Index("ix_refund_by_status", "status", "created_at", "id"),
        Index(
            "ix_refund_due",
            "due_at",
            postgresql_where=text("status = 'pending' AND stripe_refund_id IS NULL"),
        ),
        Index(
            "ix_refund_open", "created_at", postgresql_where=text("status IN ('pending', 'requires_action')")
        ),
        # One that gave nothing back is followed by one other: of two retries at once, the second is refused.
        Index(
            "uq_refund_follows_id", "follows_id", unique=True, postgresql_where=text("follows_id IS NOT NULL")
        ),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"), index=True)
    booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("booking.id"))
    """Whose share it gives back; None where it was made by hand for a series, and nobody said."""
    cause: Mapped[RefundCause] = mapped_column(enum_column(RefundCause, "cause"))
    amount_minor: Mapped[MinorUnits]
    currency: Mapped[str]
    status: Mapped[RefundStatus] = mapped_column(enum_column(RefundStatus), default=RefundStatus.PENDING)
    reason: Mapped[str]
    stripe_reason: Mapped[RefundReason | None] = mapped_column(enum_column(RefundReason, "stripe_reason"))
    """What Stripe is told of why; None of what was made there, or before it was told."""
    stripe_refund_id: Mapped[str | None] = mapped_column(unique=True)
    said_at: Mapped[datetime | None]
    """When Stripe said that it stands as it does; None before the first word, and of what is older."""
    failure_reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    last_error: Mapped[str | None]
    stripe_failures: Mapped[int] = mapped_column(default=0)
    """How often Stripe answered with a failure of its own: each wants an idempotency key of its own."""
    from_ours: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it comes from our own balance, as Stripe would not take it back from the coach's account."""
    follows_id: Mapped[UUID | None] = mapped_column(ForeignKey("refund.id"))
    """The refund in whose place this one is made, as that one gave nothing back; or that it completes."""
    lease_expires_at: Mapped[datetime | None]
    """Until when a worker may be asking Stripe for it; None while none is."""

    payment: Mapped[Payment] = relationship(back_populates="refunds")

    @property
    def is_owed(self) -> bool:
        """Whether Stripe has not made it yet."""
        return self.status is RefundStatus.PENDING and self.stripe_refund_id is None

    @property
    def follower(self) -> Self | None:
        """The refund that was made in place of this one."""
        return db.session.scalar(select(type(self)).where(type(self).follows_id == self.id))

    def is_news(self, status: RefundStatus, at: datetime | None) -> bool:
        """Whether it stands so now, by what Stripe said at that time; its events keep no order."""
        if status not in OPEN_REFUNDS:
            return True
        if self.status is RefundStatus.SUCCEEDED:
            return False
        if at is None or self.said_at is None:
            return True
        stages = OPEN_REFUNDS.index(status), OPEN_REFUNDS.index(self.status)
        return (at, stages[0]) >= (self.said_at, stages[1])

    def is_being_submitted(self, at: datetime) -> bool:
        """Whether a worker may be asking Stripe for it at this moment."""
        return self.lease_expires_at is not None and self.lease_expires_at > at

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)


WARNED_BEFORE = (timedelta(days=3), timedelta(days=1))
"""How long before a dispute's deadline the operator is told again."""


class Dispute(TimestampMixin, Base):
    """The payer's bank asks a payment's money back, or asks about it: an inquiry."""

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
    """Until when evidence can be submitted; None where none can be."""
    submissions: Mapped[int]
    """How often evidence was submitted, as Stripe counts it."""
    fund_moves: Mapped[int]
    """How often its money went, or came back; the count only grows."""
    withdrawn_minor: Mapped[MinorUnits]
    """What Stripe has taken for it and not given back, its fees apart."""
    fee_minor: Mapped[MinorUnits | None]
    """What Stripe keeps for handling it; None while no money has moved."""
    fee_currency: Mapped[str | None]
    """What Stripe settles in."""
    evidence: Mapped[str]
    """The booking's history, as packed when the dispute opened or, later, as it was submitted from here."""
    evidence_submitted_at: Mapped[datetime | None]
    evidence_lease_expires_at: Mapped[datetime | None]
    """Until when somebody may be submitting it; None while nobody is."""
    evidence_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often Stripe answered it with a failure of its own: each wants an idempotency key of its own."""
    told_deadline_at: Mapped[datetime]
    """When the operator was last told of the deadline."""
    warn_at: Mapped[datetime | None]
    """When the operator is to be told of it again."""
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
        """Whether its money moved before its fee was kept here: Stripe is to tell it again."""
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
        """What the client has by it: all of it when it is lost, until Stripe says what it took."""
        if self.status not in GIVEN_BACK:
            return 0
        return self.withdrawn_minor if self.fund_moves else self.amount_minor

    def plan_warning(self) -> None:
        """The next is the first that comes after what the operator was told already."""
        times = [self.due_by - before for before in WARNED_BEFORE] if self.due_by else []
        ahead = [time for time in times if time > self.told_deadline_at]
        self.warn_at = min(ahead, default=None) if self.awaits_evidence else None

    @property
    def holds_money(self) -> bool:
        """Whether Stripe refunds nothing of its payment until it is decided."""
        return not self.is_decided and not self.is_charge_refundable

    @classmethod
    def holding(cls, payment_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
        """The same, in a query: whether there is a dispute that holds a payment's money."""
        return exists().where(
            cls.payment_id == payment_id, cls.status.not_in(DECIDED), cls.is_charge_refundable.is_(False)
        )
