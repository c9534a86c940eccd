"""What every row of an audit trail says besides its own: why, who, and under which request."""

from sqlalchemy.orm import Mapped, mapped_column

from app import context
from app.extensions import Identified


def _actor() -> str:
    return context.actor.get()


def _request_id() -> str:
    return context.request_id.get()


class AuditRow(Identified):
    """A row that is written once, by whoever acts at the moment."""

    reason: Mapped[str]
    actor: Mapped[str] = mapped_column(default=_actor)
    request_id: Mapped[str] = mapped_column(default=_request_id)
