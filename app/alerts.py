"""What no code here can settle: on record for the operator, and in a mail that gathers what is new."""

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


class Alert(UuidMixin, Base):
    """Something that waits for a person, from when it was given up."""

    __tablename__ = "trouble"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", name="uq_trouble_once"),
        Index("ix_trouble_at", "created_at", "id"),
        Index("ix_trouble_untold", "kind", postgresql_where=text("told_at IS NULL")),
        Index("ix_trouble_told_at", "told_at"),
    )

    kind: Mapped[AlertKind] = mapped_column(enum_column(AlertKind, "kind"))
    subject_id: Mapped[str]
    """What it is about. Together with the kind it is there once, however often it is put on record."""
    what: Mapped[str]
    told_at: Mapped[datetime | None]
    """When the mail that tells it was put into the outbox."""


class AlertText(NamedTuple):
    """A trouble of one subject, in a sentence."""

    subject_id: object
    what: str


def record(kind: AlertKind, subject_id: object, what: str) -> None:
    """Put one on record for the operator, in the transaction that gave up."""
    record_each(kind, [AlertText(subject_id, what)])


def record_each(kind: AlertKind, texts: Iterable[AlertText]) -> None:
    """Put several of a kind on record; what is there already stays as it is."""
    rows = [{"kind": kind, "subject_id": str(each.subject_id), "what": each.what} for each in texts]
    if rows:
        db.session.execute(insert(Alert).on_conflict_do_nothing(constraint="uq_trouble_once"), rows)


def replace(kind: AlertKind, subject_id: object, what: str) -> None:
    """Put one on record that has become worse: in place of what was told of it, to be told as it is now."""
    old = Alert.kind == kind, Alert.subject_id == str(subject_id)
    db.session.execute(delete(Alert).where(*old).execution_options(synchronize_session=False))
    record(kind, subject_id, what)


def withdraw(kind: AlertKind, subject_id: object) -> None:
    """It is over before the operator was told of it."""
    untold = Alert.kind == kind, Alert.subject_id == str(subject_id), Alert.told_at.is_(None)
    db.session.execute(delete(Alert).where(*untold).execution_options(synchronize_session=False))


def redact_address(address: str, mails: Select[str]) -> None:
    """Take an address out of what is told of these mails."""
    told = Alert.kind == AlertKind.EMAIL, Alert.subject_id.in_(mails)
    nobody = func.replace(Alert.what, address, "an erased account")
    db.session.execute(update(Alert).where(*told).values(what=nobody))


def last_sent_at() -> datetime | None:
    return db.session.scalar(select(func.max(Alert.told_at)))


def mark_sent(at: datetime) -> None:
    """All that is untold is told then."""
    db.session.execute(update(Alert).where(Alert.told_at.is_(None)).values(told_at=at))


def sent_at(at: datetime, most: int) -> dict[AlertKind, tuple[int, Sequence[Alert]]]:
    """What was told then: how many of each kind, and the first of them.

    The kinds take turns until there are `most`: a flood of one hides no single one of another.
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
    """How many of each kind the operator has not been mailed."""
    return dict.fromkeys(AlertKind, 0) | _counts(Alert.told_at.is_(None))


def newest(most: int) -> Sequence[Alert]:
    query = select(Alert).order_by(Alert.created_at.desc(), Alert.id.desc())
    return db.session.scalars(query.limit(most)).all()


def _counts(which: ColumnElement[bool]) -> dict[AlertKind, int]:
    rows = db.session.execute(select(Alert.kind, func.count()).where(which).group_by(Alert.kind))
    return dict(rows.all())
