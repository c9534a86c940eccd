"""The deployment id, which marks our objects if several deployments share one Stripe account.

It is created once and stored in the database, so that a backup restores it. In a copy of another deployment's
database, `flask deployment renew` creates a new one.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, delete, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db, now
from app.payments.events.payloads import StripeObject, metadata_of, text_or_none

METADATA_KEY = "deployment_id"


class Deployment(Base):
    """The single row with our deployment id."""

    __tablename__ = "deployment"
    __table_args__ = (CheckConstraint("is_only", name="one_row"),)

    is_only: Mapped[bool] = mapped_column(primary_key=True, default=True, server_default=true())
    id: Mapped[UUID]
    made_at: Mapped[datetime]


_OURS = select(Deployment.id)


def current_id() -> UUID:
    """Our id, created on first use. Concurrent callers get the same."""
    found = db.session.scalar(_OURS)
    if found is None:
        new = insert(Deployment).values(id=uuid4(), made_at=now(), is_only=True)
        db.session.execute(new.on_conflict_do_nothing())
        found = db.session.scalars(_OURS).one()
    return found


def renew(wanted: UUID | None = None) -> UUID:
    """Create a new id. Objects with the earlier id then belong to another deployment."""
    db.session.execute(delete(Deployment))
    db.session.add(Deployment(id=wanted or uuid4(), made_at=now()))
    db.session.flush()
    return current_id()


def claimed_by_another(subject: StripeObject) -> str | None:
    """The id of the other deployment to which an object belongs.

    None for our objects, and for objects without an id, which are ours if we know them.
    """
    claimed = _claimed(subject)
    return claimed if claimed and claimed != str(current_id()) else None


def not_claimed_by_others(subjects: Mapping[str, StripeObject]) -> dict[str, StripeObject]:
    """Those of the objects that belong to no other deployment, by one query."""
    claims = {name: _claimed(subject) for name, subject in subjects.items()}
    ours = {None, "", str(current_id())} if any(claims.values()) else {None, ""}
    return {name: subject for name, subject in subjects.items() if claims[name] in ours}


def _claimed(subject: StripeObject) -> str | None:
    return text_or_none(metadata_of(subject), METADATA_KEY)
