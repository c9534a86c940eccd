"""Records of unpaid holds by client and network, and which of them lapsed."""

import hmac
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, bindparam, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.bookings.models import Booking
from app.config.settings import current_settings
from app.extensions import Base, UuidMixin, db, now
from app.observability import context


class UnpaidHold(UuidMixin, Base):
    """A hold of a booking or a series; its id is theirs.

    It is deleted when the client pays for anything, otherwise a day after it ended.
    """

    __tablename__ = "unpaid_hold"
    __table_args__ = (
        Index("ix_unpaid_hold_of_client", "client_id", "lapsed_at"),
        Index("ix_unpaid_hold_of_network", "network", "lapsed_at"),
    )

    client_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    network: Mapped[str | None]
    """HMAC of the network's address under SECRET_KEY: comparable but not readable."""
    lapsed_at: Mapped[datetime | None]
    """When it expired or was cancelled by its client, unpaid; for a series, its first session."""


def record(hold_id: UUID, client_id: UUID) -> None:
    """Record a new hold and its network."""
    db.session.add(UnpaidHold(id=hold_id, client_id=client_id, network=current_network()))


def current_network() -> str | None:
    """The network of the current request; None outside requests."""
    network = context.network()
    if network is None:
        return None
    key = f"network {current_settings().secret_keys[0].get_secret_value()}"
    return hmac.digest(key.encode(), network.encode(), "sha256").hex()


def lapse(booking: Booking) -> None:
    """Record that a hold lapsed: it expired or was cancelled by its client.

    Skips locked rows, because callers that expire holds have not locked the clients: such a row is just
    lapsing or being deleted.
    """
    of_it = _HOLDS.c.id == (booking.series_id or booking.id), _HOLDS.c.lapsed_at.is_(None)
    lapsed = update(_HOLDS).where(_HOLDS.c.id.in_(_unlocked(*of_it))).values(lapsed_at=now())
    db.session.execute(lapsed)


def forgive(client_id: UUID) -> None:
    """Delete a client's holds after a payment. Skips locked rows."""
    # not by the session, which would flush the payment and its bookings before they are complete
    db.session.connection().execute(_FORGIVE, {"client": client_id})


def _unlocked(*which: ColumnElement[bool]) -> Select[UUID]:
    return select(_HOLDS.c.id).where(*which).with_for_update(skip_locked=True)


_HOLDS = UnpaidHold.metadata.tables[UnpaidHold.__tablename__]
_FORGIVE = delete(_HOLDS).where(_HOLDS.c.id.in_(_unlocked(_HOLDS.c.client_id == bindparam("client"))))
