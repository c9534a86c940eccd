"""Alerts: what needs an operator, recorded once per subject and mailed in a digest of what is new."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Index, Select, UniqueConstraint, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, aliased, mapped_column

from app.extensions import Base, UuidMixin, db, enum_column


class AlertKind(StrEnum):
    FAILED_REFUND = "failed_refund"
    LATE_REFUND = "late_refund"
    UNFUNDED_REFUND = "unfunded_refund"
    DEBT = "debt"
    RECOVERY = "recovery"
    COACH = "coach"
    FRAUD_WARNING = "fraud_warning"
    STRIPE_EVENT = "stripe_event"
    DIFFERENCE = "difference"
    RECONCILIATION = "reconciliation"
    EMAIL = "email"

    @property
    def runbook(self) -> str:
        """The section of the documentation that explains this kind."""
        return f"docs/alerts.md#{self.value.replace('_', '-')}"


class Alert(UuidMixin, Base):
    """Something that needs a person, since the software gave up on it."""

    __tablename__ = "trouble"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", name="uq_trouble_once"),
        Index("ix_trouble_at", "created_at", "id"),
        Index("ix_trouble_untold", "kind", postgresql_where=text("told_at IS NULL")),
        Index("ix_trouble_told_at", "told_at"),
    )

    kind: Mapped[AlertKind] = mapped_column(enum_column(AlertKind, "kind"))
    subject_id: Mapped[str]
    """What the alert is about. A kind and a subject have one row, however often it is recorded."""
    what: Mapped[str]
    told_at: Mapped[datetime | None]
    """When the mail with this alert was put into the outbox."""


class AlertText(NamedTuple):
    """An alert about one subject, in a sentence."""

    subject_id: object
    what: str


def record(kind: AlertKind, subject_id: object, what: str) -> None:
    """Record one alert, in the transaction that gave up."""
    record_each(kind, [AlertText(subject_id, what)])


def record_each(kind: AlertKind, texts: Iterable[AlertText]) -> None:
    """Record several alerts of a kind. Existing ones stay as they are."""
    rows = [{"kind": kind, "subject_id": str(each.subject_id), "what": each.what} for each in texts]
    if rows:
        db.session.execute(insert(Alert).on_conflict_do_nothing(constraint="uq_trouble_once"), rows)


def replace(kind: AlertKind, subject_id: object, what: str) -> None:
    """Replace an alert that has become worse, so that it is mailed again."""
    old = Alert.kind == kind, Alert.subject_id == str(subject_id)
    db.session.execute(delete(Alert).where(*old).execution_options(synchronize_session=False))
    record(kind, subject_id, what)


def withdraw(kind: AlertKind, subject_id: object) -> None:
    """Drop an alert that is over before it was mailed."""
    untold = Alert.kind == kind, Alert.subject_id == str(subject_id), Alert.told_at.is_(None)
    db.session.execute(delete(Alert).where(*untold).execution_options(synchronize_session=False))


def redact_address(address: str, mails: Select[str]) -> None:
    """Remove an erased address from the alerts about these mails."""
    told = Alert.kind == AlertKind.EMAIL, Alert.subject_id.in_(mails)
    nobody = func.replace(Alert.what, address, "an erased account")
    db.session.execute(update(Alert).where(*told).values(what=nobody))


def last_sent_at() -> datetime | None:
    return db.session.scalar(select(func.max(Alert.told_at)))


def mark_sent(at: datetime) -> None:
    """Mark all unsent alerts as mailed at this time."""
    db.session.execute(update(Alert).where(Alert.told_at.is_(None)).values(told_at=at))


def sent_at(at: datetime, most: int) -> dict[AlertKind, tuple[int, Sequence[Alert]]]:
    """The alerts mailed at this time: the number of each kind, and the first of them.

    The kinds take turns until there are `most`, so that a flood of one kind hides no other.
    """
    then = Alert.told_at == at
    place = func.row_number().over(partition_by=Alert.kind, order_by=(Alert.created_at, Alert.id))
    ranked = select(Alert, place.label("place")).where(then).subquery()
    one = aliased(Alert, ranked)
    first = db.session.scalars(select(one).order_by(ranked.c.place, one.kind).limit(most)).all()
    counts = _counts(then)
    return {
        kind: (counts[kind], [each for each in first if each.kind is kind])
        for kind in AlertKind
        if kind in counts
    }


def unsent_counts() -> dict[AlertKind, int]:
    """The number of unsent alerts by kind."""
    return dict.fromkeys(AlertKind, 0) | _counts(Alert.told_at.is_(None))


def newest(most: int) -> Sequence[Alert]:
    query = select(Alert).order_by(Alert.created_at.desc(), Alert.id.desc())
    return db.session.scalars(query.limit(most)).all()


def _counts(which: ColumnElement[bool]) -> dict[AlertKind, int]:
    rows = db.session.execute(select(Alert.kind, func.count()).where(which).group_by(Alert.kind))
    return dict(rows.all())
