"""The life of a booking: which status may follow which."""

from enum import StrEnum


class Status(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


MOVES = {
    Status.PENDING: {Status.CONFIRMED, Status.EXPIRED, Status.CANCELLED},
    Status.CONFIRMED: {Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED},
    Status.EXPIRED: {Status.CONFIRMED},  # a late payment found its time still free
    Status.COMPLETED: set(),
    Status.NO_SHOW: set(),
    Status.CANCELLED: set(),
}


class IllegalMove(Exception):
    """A status may not follow the one before it."""


def check_move(before: Status, after: Status) -> None:
    """Raises IllegalMove unless the table above lists the move."""
    if after not in MOVES[before]:
        raise IllegalMove(f"a booking that is {before} cannot become {after}")
