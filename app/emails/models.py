"""The outbox: every mail is a row before it is a message."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ColumnElement, Index, UniqueConstraint, case, false, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from app import transitions
from app.emails.status import OVER, TRANSITIONS, EmailStatus, check_transition
from app.extensions import Base, TimestampMixin, db, enum_column, now

LEASE = timedelta(minutes=5)
"""How long a claim is believed; longer than any SMTP conversation may take."""


OPERATORS = frozenset(
    {"coach_left", "dispute_decided", "dispute_deadline", "dispute_opened", "needs_attention"}
)
"""Kinds for whoever runs this, at OPS_EMAIL. They belong to no account, though anybody can open one with that
address: nobody is shown them, nor ends them, nor keeps them from leaving by an account."""


class Email(TimestampMixin, Base):
    __tablename__ = "email"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "recipient", name="uq_email_once"),
        Index("ix_email_due", "due_at", postgresql_where=text("status IN ('queued', 'sending')")),
        Index("ix_email_at", "created_at", "id"),
        Index("ix_email_of_recipient", "recipient", "created_at", "id"),
        Index("ix_email_to_erase", "erase_at", postgresql_where=text("erase_at IS NOT NULL")),
        Index("ix_email_not_sent", "status", "created_at", "id", postgresql_where=text("status <> 'sent'")),
    )

    kind: Mapped[str]
    """Which message it is, such as `booking_confirmed`."""
    subject_id: Mapped[str]
    """What it is about. Together with kind and recipient it is there once, however often it is asked for."""
    recipient: Mapped[str]
    recipient_name: Mapped[str]
    subject: Mapped[str]
    text_body: Mapped[str]
    html_body: Mapped[str]
    calendar: Mapped[str | None]
    """iCalendar objects to carry, one after the other, each with its METHOD and one event inside."""
    reply_to: Mapped[str | None]
    """Whom an answer reaches: the other party of a session. None where answers go to the sender."""
    status: Mapped[EmailStatus] = mapped_column(enum_column(EmailStatus), default=EmailStatus.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    """When it may be tried (again); while it is being sent, when the claim runs out."""
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    request_id: Mapped[str]

    copies: Mapped[int] = mapped_column(default=0)
    """How often an operator had it sent again after it was sent."""
    resend_requested_at: Mapped[datetime | None]
    """When an operator last had it sent (again)."""
    held_back: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it waits for others to its recipient, to leave in one mail with what is due then."""
    gathered_in: Mapped[UUID | None]
    """The mail in which its words left together with those of others."""
    erase_at: Mapped[datetime | None]
    """When its words go although it has not left: somebody in it is erased. Once it has, they go at once."""
    to_erased: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether that was its recipient, whose address goes with them."""

    @property
    def has_words(self) -> bool:
        """Whether there is something to send: what names an erased person is kept no longer than needed."""
        return self.text_body != ""

    @property
    def message_id(self) -> str:
        """The same for every attempt, so that a repeat after a crash is known as one by the mail programs.

        A copy that an operator wants is another mail: under the same id programs would hide it.
        """
        copy = f".{self.copies}" if self.copies else ""
        return f"<{self.id}{copy}@culturebridge>"

    def transition_to(self, status: EmailStatus) -> None:
        """Raises IllegalTransition. Nothing but this and the statements below writes `status`."""
        check_transition(self.status, status)
        self.status = status

    @classmethod
    def claim(cls, email_id: UUID) -> Self | None:
        """Take a mail that is due, for five minutes. None when another has it, it is done or held back.

        The caller commits: two workers never send one mail.
        """
        at = now()
        return db.session.scalar(
            update(cls)
            .where(cls.id == email_id, cls.due_at <= at)
            .where(_may_become(EmailStatus.SENDING), ~cls.held_back)
            .values(status=EmailStatus.SENDING, attempts=cls.attempts + 1, due_at=at + LEASE)
            .returning(cls)
            .execution_options(populate_existing=True)
        )

    @classmethod
    def due(cls, most: int) -> Sequence[UUID]:
        """Mails that are due: their job was lost, they failed before, or a worker died while sending."""
        due = or_(cls.status == EmailStatus.QUEUED, cls.status == EmailStatus.SENDING)
        return db.session.scalars(
            select(cls.id).where(due, cls.due_at <= now()).order_by(cls.due_at).limit(most)
        ).all()

    @classmethod
    def asked_for(cls, recipient: str, since: datetime, *kinds: str) -> Sequence[datetime]:
        """When mails of these kinds were put into the outbox for somebody, the oldest first."""
        wanted = cls.recipient == recipient, cls.kind.in_(kinds), cls.created_at > since
        return db.session.scalars(select(cls.created_at).where(*wanted).order_by(cls.created_at)).all()

    @classmethod
    def record_sent(cls, email_id: UUID) -> None:
        """The mail server took it before now. One that somebody has touched meanwhile is left as it is."""
        sent = update(cls).where(cls.id == email_id, _may_become(EmailStatus.SENT))
        db.session.execute(sent.values(status=EmailStatus.SENT, sent_at=now(), last_error=None))

    @classmethod
    def withdraw(cls, *which: ColumnElement[bool], **besides: Any) -> None:
        """These must not leave any more. What is over stays as it is; `besides` is set with the status."""
        change = update(cls).where(*which, _may_become(EmailStatus.WITHDRAWN))
        db.session.execute(change.values(status=EmailStatus.WITHDRAWN, **besides))

    @classmethod
    def end(cls, *which: ColumnElement[bool], **values: Any) -> int:
        """Set columns of mails that have left or never will: what is not over is withdrawn. How many."""
        ended = case((cls.status.in_(OVER), cls.status), else_=EmailStatus.WITHDRAWN)
        change = update(cls).where(*which).values(status=ended, **values)
        done = db.session.execute(change.execution_options(synchronize_session=False))
        return int(done.rowcount)  # type: ignore[attr-defined]


def _may_become(status: EmailStatus) -> ColumnElement[bool]:
    """What `transition_to` checks, in a query."""
    return Email.status.in_(transitions.sources(TRANSITIONS, status))
