"""The outbox: every mail is a row before it is a message."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, UniqueConstraint, bindparam, case, false, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from app import transitions
from app.emails.status import OVER, TRANSITIONS, UNSENT, EmailStatus, check_transition
from app.extensions import Base, TimestampMixin, db, enum_column, now
from app.queue.sweeps import DueRows

LEASE = timedelta(minutes=5)
"""How long a claim lasts: longer than any SMTP session may take."""


OPERATORS = frozenset(
    {"coach_left", "dispute_decided", "dispute_deadline", "dispute_opened", "needs_attention"}
)
"""Kinds for the operator, at OPS_EMAIL.

They belong to no account, even if one has that address: an account with it can neither read nor stop them."""

WITH_CALENDAR = frozenset(
    {
        "booking_cancelled",
        "booking_confirmed",
        "booking_moved",
        "gathered",
        "series_confirmed",
        "video_link_changed",
    }
)
"""Kinds that carry calendar files; those of `gathered` are of the mails in it."""


class Email(TimestampMixin, Base):
    __tablename__ = "email"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "recipient", name="uq_email_once"),
        Index("ix_email_due", "due_at", postgresql_where=text("status IN ('queued', 'sending')")),
        Index("ix_email_at", "created_at", "id"),
        Index("ix_email_of_recipient", "recipient", "created_at", "id"),
        Index("ix_email_to_erase", "erase_at", postgresql_where=text("erase_at IS NOT NULL")),
        Index(
            "ix_email_failed_or_withdrawn",
            *("status", "created_at", "id"),
            postgresql_where=text("status IN ('failed', 'withdrawn')"),
        ),
    )

    kind: Mapped[str]
    """The kind of message, such as `booking_confirmed`."""
    subject_id: Mapped[str]
    """What the mail is about. Kind, subject and recipient are unique together."""
    recipient: Mapped[str]
    recipient_name: Mapped[str]
    subject: Mapped[str]
    text_body: Mapped[str]
    html_body: Mapped[str]
    calendar: Mapped[str | None]
    """iCalendar objects to carry, one after the other, each with its METHOD and one event inside."""
    reply_to: Mapped[str | None]
    """Reply-To: the other party of a session. None if replies go to the sender."""
    status: Mapped[EmailStatus] = mapped_column(enum_column(EmailStatus), default=EmailStatus.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    """When the next attempt is due; while the mail is being sent, when the claim expires."""
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    request_id: Mapped[str]

    copies: Mapped[int] = mapped_column(default=0)
    """How often an operator sent it again after it was sent."""
    resend_requested_at: Mapped[datetime | None]
    """When an operator last sent it (again)."""
    held_back: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it is held back for a digest to its recipient."""
    gathered_in: Mapped[UUID | None]
    """The digest in which its text was sent."""
    erase_at: Mapped[datetime | None]
    """When its text is deleted even if unsent, because it names an erased person. Once sent, at once."""
    to_erased: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the erased person is the recipient, whose address goes too."""

    @property
    def has_words(self) -> bool:
        """Whether there is text to send: text that names an erased person is not kept."""
        return self.text_body != ""

    @property
    def message_id(self) -> str:
        """The Message-ID, equal for every attempt, so that mail programs recognise a repeat after a crash.

        A copy that an operator sends has another one, because programs would hide a duplicate.
        """
        copy = f".{self.copies}" if self.copies else ""
        return f"<{self.id}{copy}@culturebridge>"

    def transition_to(self, status: EmailStatus) -> None:
        """Raises IllegalTransition. Nothing but this and the statements below writes `status`."""
        check_transition(self.status, status)
        self.status = status

    @classmethod
    def claim(cls, email_id: UUID) -> "Email | None":
        """Claim a mail that is due, for five minutes. None if it is claimed, done or held back.

        The caller commits: two workers never send one mail.
        """
        at = now()
        return db.session.scalar(_CLAIM, {"email_id": email_id, "at": at, "until": at + LEASE})

    def mark_sent(self) -> None:
        """Mark a mail as sent that the server has just accepted, whatever became of its row."""
        db.session.execute(_MARK_SENT, {"email_id": self.id, "at": now()})
        db.session.expire(self)

    @classmethod
    def asked_for(cls, recipient: str, since: datetime, *kinds: str) -> Sequence[datetime]:
        """When mails of these kinds to an account were put into the outbox, the oldest first."""
        wanted = cls.recipient == recipient, cls.kind.in_(kinds), cls.created_at > since
        return db.session.scalars(select(cls.created_at).where(*wanted).order_by(cls.created_at)).all()

    @classmethod
    def record_sent(cls, email_id: UUID) -> None:
        """Mark a mail as sent after the fact, unless its row has changed since."""
        sent = update(cls).where(cls.id == email_id, _may_become(EmailStatus.SENT))
        db.session.execute(sent.values(status=EmailStatus.SENT, sent_at=now(), last_error=None))

    @classmethod
    def withdraw(cls, *which: ColumnElement[bool], **besides: Any) -> int:
        """Withdraw mails that must not be sent any more. Finished ones stay. `besides` is set as well.

        Returns the number.
        """
        change = update(cls).where(*which, _may_become(EmailStatus.WITHDRAWN))
        done = db.session.execute(change.values(status=EmailStatus.WITHDRAWN, **besides))
        return int(done.rowcount)  # type: ignore[attr-defined]

    @classmethod
    def end(cls, *which: ColumnElement[bool], **values: Any) -> int:
        """Set columns of finished mails and withdraw unfinished ones. Returns the number."""
        ended = case((cls.status.in_(OVER), cls.status), else_=EmailStatus.WITHDRAWN)
        change = update(cls).where(*which).values(status=ended, **values)
        done = db.session.execute(change.execution_options(synchronize_session=False))
        return int(done.rowcount)  # type: ignore[attr-defined]


def _may_become(status: EmailStatus) -> ColumnElement[bool]:
    """The check of `transition_to` as SQL."""
    return Email.status.in_(transitions.sources(TRANSITIONS, status))


# Built once: building them for each mail takes longer than PostgreSQL.
_OUTBOX = Email.metadata.tables[Email.__tablename__]
_CLAIM = (
    update(Email)
    .where(Email.id == bindparam("email_id"), Email.due_at <= bindparam("at"))
    .where(_may_become(EmailStatus.SENDING), ~Email.held_back)
    .values(status=EmailStatus.SENDING, attempts=Email.attempts + 1, due_at=bindparam("until"))
    .returning(Email)
    .execution_options(populate_existing=True, synchronize_session=False)
)
_MARK_SENT = (
    update(_OUTBOX)
    .where(_OUTBOX.c.id == bindparam("email_id"))
    .values(status=EmailStatus.SENT, sent_at=bindparam("at"), last_error=None)
)

DUE = DueRows(Email.id, Email.due_at, (Email.status.in_(UNSENT),))
"""Mails that are due: their job was lost, they failed before, or a worker died while sending."""
