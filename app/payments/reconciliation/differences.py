"""Differences between Stripe and our books that cannot be settled automatically."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app import alerts
from app.alerts import AlertKind, AlertText
from app.extensions import Base, UuidMixin, db, enum_column, now
from app.payments.stripe.listing import Kind

_OPEN = text("resolved_at IS NULL")


@dataclass(frozen=True)
class Sides:
    """The two sides of a difference."""

    stripe_says: str
    we_say: str
    our_id: UUID | None = None
    """Our row's id, or the id in the object's metadata at Stripe."""


class Difference(UuidMixin, Base):
    """An object on which Stripe and our books differ, from first seen until resolved."""

    __tablename__ = "difference"
    __table_args__ = (
        Index("uq_difference_open", "kind", "stripe_id", unique=True, postgresql_where=_OPEN),
        Index("ix_difference_open", "last_seen", postgresql_where=_OPEN),
        Index("ix_difference_our_id", "our_id", postgresql_where=_OPEN),
        Index("ix_difference_created_at", "created_at", "id"),
    )

    kind: Mapped[Kind] = mapped_column(enum_column(Kind, "kind"))
    stripe_id: Mapped[str]
    our_id: Mapped[UUID | None]
    stripe_says: Mapped[str]
    we_say: Mapped[str]
    last_seen: Mapped[datetime]
    told_at: Mapped[datetime | None]
    """When an alert was recorded."""
    resolved_at: Mapped[datetime | None]

    @property
    def first_seen(self) -> datetime:
        return self.created_at

    @property
    def sentence(self) -> str:
        sides = f"Stripe says: {self.stripe_says}; we say: {self.we_say}"
        return f"Stripe and our books differ on {self.kind} {self.stripe_id}. {sides}."


def note(kind: Kind, stripe_id: str, sides: Sides) -> None:
    """Record a difference, or update one that was seen before."""
    at = now()
    said: dict[str, Any] = {
        "our_id": sides.our_id,
        "stripe_says": sides.stripe_says,
        "we_say": sides.we_say,
        "last_seen": at,
    }
    # a failed event already has an alert
    told_at = at if kind is Kind.EVENT else None
    new = insert(Difference).values(kind=kind, stripe_id=stripe_id, created_at=at, told_at=told_at, **said)
    db.session.execute(
        new.on_conflict_do_update(index_elements=["kind", "stripe_id"], index_where=_OPEN, set_=said)
    )


def resolve(difference_id: UUID) -> None:
    """Resolve a difference: both sides agree."""
    db.session.execute(
        update(Difference)
        .where(Difference.id == difference_id, Difference.resolved_at.is_(None))
        .values(resolved_at=now())
    )


def count_open() -> int:
    return db.session.scalar(select(func.count()).where(Difference.resolved_at.is_(None))) or 0


def not_seen_since(at: datetime, most: int) -> Sequence[Difference]:
    """Open differences that a run since then did not see, the longest unseen first."""
    query = select(Difference).where(Difference.resolved_at.is_(None), Difference.last_seen < at)
    return db.session.scalars(query.order_by(Difference.last_seen).limit(most)).all()


def latest_open(most: int) -> Sequence[Difference]:
    """Differences for the operator, the newest first."""
    query = select(Difference).where(Difference.resolved_at.is_(None))
    return db.session.scalars(query.order_by(Difference.created_at.desc(), Difference.id).limit(most)).all()


def is_listed(kind: Kind, our_id: UUID) -> bool:
    """Whether a difference of this kind about our id is open."""
    query = select(Difference.id).where(Difference.our_id == our_id, Difference.kind == kind)
    return db.session.scalar(query.where(Difference.resolved_at.is_(None))) is not None


def tell() -> int:
    """Record alerts for new differences. Returns their number."""
    untold = Difference.told_at.is_(None), Difference.resolved_at.is_(None)
    new = db.session.scalars(select(Difference).where(*untold).order_by(Difference.created_at)).all()
    alerts.record_each(AlertKind.DIFFERENCE, (AlertText(each.id, each.sentence) for each in new))
    for each in new:
        each.told_at = now()
    return len(new)
