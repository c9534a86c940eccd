"""Which deployment made something at Stripe, where several share one account: production, staging, laptops.

The id is made once and kept in the database, so that a backup brings it back. A copy of another deployment's
database brings theirs: `flask deployment renew` gives the copy an id of its own.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, delete, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db, now
from app.payments.events.payloads import StripeObject, metadata_of, text_or_none

METADATA_KEY = "deployment_id"


class Deployment(Base):
    """The one row that says who we are at Stripe."""

    __tablename__ = "deployment"
    __table_args__ = (CheckConstraint("is_only", name="one_row"),)

    is_only: Mapped[bool] = mapped_column(primary_key=True, default=True, server_default=true())
    id: Mapped[UUID]
    made_at: Mapped[datetime]


def current_id() -> UUID:
    """Our id, made when it is first asked for. Of two who ask at once, the second waits for the first's."""
    ours = select(Deployment.id)
    found = db.session.scalar(ours)
    if found is None:
        new = insert(Deployment).values(id=uuid4(), made_at=now(), is_only=True)
        db.session.execute(new.on_conflict_do_nothing())
        found = db.session.scalars(ours).one()
    return found


def renew(wanted: UUID | None = None) -> UUID:
    """Another id from now on: what was made at Stripe under the one before is another deployment's."""
    db.session.execute(delete(Deployment))
    db.session.add(Deployment(id=wanted or uuid4(), made_at=now()))
    db.session.flush()
    return current_id()


def claimed_by_another(subject: StripeObject) -> str | None:
    """The id of the other deployment that an object of Stripe's says it is of.

    None for ours, and for what was made before there were ids: that is ours if we know it.
    """
    claimed = text_or_none(metadata_of(subject), METADATA_KEY)
    return claimed if claimed and claimed != str(current_id()) else None
