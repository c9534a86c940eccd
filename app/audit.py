"""The audit trail: what every row of it says besides its own, and the log of what operators did."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, UuidMixin, db
from app.observability import context


def _actor() -> str:
    return context.actor.get()


def _request_id() -> str:
    return context.request_id.get()


def _address() -> str:
    return context.address.get()


class AuditRow(UuidMixin):
    """A row that is written once, by whoever acts at the moment."""

    reason: Mapped[str]
    actor: Mapped[str] = mapped_column(default=_actor)
    request_id: Mapped[str] = mapped_column(default=_request_id)


class AuditEntry(AuditRow, Base):
    """What somebody did to what, from where. The database refuses to change or to delete it."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at", "created_at", "id"),
        Index("ix_audit_entry_of_subject", "subject", "created_at"),
        Index("ix_audit_entry_of_actor", "actor", "created_at"),
        Index("ix_audit_entry_of_action", "action", "created_at"),
    )

    action: Mapped[str]
    """What was done, such as `email.resend`."""
    subject: Mapped[str]
    """To what: a table and an id, such as `email:8c69ee8e-…`."""
    address: Mapped[str] = mapped_column(default=_address)
    """The network address that it came from; `-` for a command."""


def record(action: str, subject: str, reason: str = "") -> None:
    """Put an action on the record, in the transaction that does it."""
    db.session.add(AuditEntry(action=action, subject=subject, reason=reason))
