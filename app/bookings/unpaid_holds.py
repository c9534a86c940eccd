"""Who asked for unpaid times, from which network, and which of them came to nothing."""

import hmac
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.bookings.models import Booking
from app.config.settings import current_settings
from app.extensions import Base, UuidMixin, db, now
from app.observability import context


class UnpaidHold(UuidMixin, Base):
    """One request for a time, or for the times of a series: its id is the booking's or the series'.

    It goes when its client pays for anything, and else a day after it ended.
    """

    __tablename__ = "unpaid_hold"
    __table_args__ = (
        Index("ix_unpaid_hold_of_client", "client_id", "lapsed_at"),
        Index("ix_unpaid_hold_of_network", "network", "lapsed_at"),
    )

    client_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    network: Mapped[str | None]
    """What the network's address makes under SECRET_KEY: it can be compared, and read by nobody."""
    lapsed_at: Mapped[datetime | None]
    """When it ran out, or its client called it off, unpaid; of a series, the first of its times."""


def record(hold_id: UUID, client_id: UUID) -> None:
    """Put on record that somebody holds a time from now on, and from where."""
    db.session.add(UnpaidHold(id=hold_id, client_id=client_id, network=current_network()))


def current_network() -> str | None:
    """Of the request that is being answered; None outside of requests."""
    network = context.network()
    if network is None:
        return None
    key = f"network {current_settings().secret_keys[0].get_secret_value()}"
    return hmac.digest(key.encode(), network.encode(), "sha256").hex()


def lapse(booking: Booking) -> None:
    """It came to nothing, by what its client did or left undone.

    Waits for nobody, as those who free stale holds have not locked their clients: a row that is locked is
    lapsing, or being forgiven, at this moment.
    """
    of_it = UnpaidHold.id == (booking.series_id or booking.id), UnpaidHold.lapsed_at.is_(None)
    lapsed = update(UnpaidHold).where(UnpaidHold.id.in_(_unlocked(*of_it))).values(lapsed_at=now())
    db.session.execute(lapsed.execution_options(synchronize_session=False))


def forgive(client_id: UUID) -> None:
    """The client has paid: nothing from before counts any more. Waits for nobody, either."""
    paid = delete(UnpaidHold).where(UnpaidHold.id.in_(_unlocked(UnpaidHold.client_id == client_id)))
    db.session.execute(paid.execution_options(synchronize_session=False))


def _unlocked(*which: ColumnElement[bool]) -> Select[UUID]:
    return select(UnpaidHold.id).where(*which).with_for_update(skip_locked=True)
