"""The audit trail: changes of the status of bookings and payments, and the log of operators' actions.

`transition_to` of Booking and Payment is the only writer of their status, and writes the audit row with it.
`Booking.transition_all` does the same for many rows in one statement.
"""

from functools import cache

from sqlalchemy import Index, Insert, insert
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, UuidMixin, db, now
from app.observability import context


def _actor() -> str:
    return context.actor.get()


def _request_id() -> str:
    return context.request_id.get()


def _address() -> str:
    return context.address.get()


class AuditRow(UuidMixin):
    """A row written once, with the current actor."""

    reason: Mapped[str]
    actor: Mapped[str] = mapped_column(default=_actor)
    request_id: Mapped[str] = mapped_column(default=_request_id)


class TransitionRow(AuditRow, Base):
    """A change of status: from, to, when, by whom, in which request and why."""

    __abstract__ = True


class AuditEntry(AuditRow, Base):
    """Who did what to which object, from where. The database refuses updates and deletes."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at", "created_at", "id"),
        Index("ix_audit_entry_of_subject", "subject", "created_at"),
        Index("ix_audit_entry_of_actor", "actor", "created_at"),
        Index("ix_audit_entry_of_action", "action", "created_at"),
    )

    action: Mapped[str]
    """The action, such as `email.resend`."""
    subject: Mapped[str]
    """The object: a table and an id, such as `email:8c69ee8e-…`."""
    address: Mapped[str] = mapped_column(default=_address)
    """The caller's network address; `-` for a command."""


def signature() -> dict[str, object]:
    """The columns of rows that a statement writes without objects: when, by whom and in which request."""
    return {"created_at": now(), "actor": _actor(), "request_id": _request_id()}


def record_transition(of: type[TransitionRow], **change: object) -> None:
    """Write the audit row of a change of status, in the transaction that makes the change.

    It runs on the connection: the session would flush the changed object before its change is complete.
    """
    db.session.connection().execute(_insert(of), change)


@cache
def _insert(of: type[TransitionRow]) -> Insert:
    """Built once, because every event runs two of them."""
    return insert(of.metadata.tables[of.__tablename__])


def record(action: str, subject: str, reason: str = "") -> None:
    """Record an action in the transaction that performs it."""
    db.session.add(AuditEntry(action=action, subject=subject, reason=reason))
