"""Booking status and its allowed transitions."""

from enum import StrEnum

from app import transitions


class Status(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


AGREED = frozenset({Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW})
"""Paid and not cancelled."""

TRANSITIONS = {
    Status.PENDING: {Status.CONFIRMED, Status.EXPIRED, Status.CANCELLED},
    Status.CONFIRMED: {Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED},
    Status.EXPIRED: {Status.CONFIRMED},  # a late payment whose time is still free
    Status.COMPLETED: set(),
    Status.NO_SHOW: set(),
    Status.CANCELLED: set(),
}


def check_transition(before: Status, after: Status) -> None:
    """Raises IllegalTransition unless the table above lists it."""
    transitions.check("a booking", TRANSITIONS, before, after)
