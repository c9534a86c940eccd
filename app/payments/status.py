"""The life of a payment, and of a refund: which status may follow which."""

from enum import StrEnum


class Status(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


MOVES = {
    Status.PENDING: {Status.PROCESSING, Status.SUCCEEDED, Status.FAILED, Status.EXPIRED},
    Status.PROCESSING: {Status.SUCCEEDED, Status.FAILED, Status.EXPIRED},
    # The payer tries another card in the same session, or leaves it until it expires.
    Status.FAILED: {Status.PROCESSING, Status.SUCCEEDED, Status.EXPIRED},
    Status.SUCCEEDED: {Status.PARTIALLY_REFUNDED, Status.REFUNDED},
    # A refund can fail after it succeeded: Stripe gives the money back to us.
    Status.PARTIALLY_REFUNDED: {Status.REFUNDED, Status.SUCCEEDED},
    Status.REFUNDED: {Status.PARTIALLY_REFUNDED, Status.SUCCEEDED},
    Status.EXPIRED: {Status.SUCCEEDED},  # never by Stripe's word, but money that came is never denied
}
PAID = frozenset({Status.SUCCEEDED, Status.PARTIALLY_REFUNDED, Status.REFUNDED})


class RefundStatus(StrEnum):
    """Stripe's own, plus `pending` for a refund that Stripe has not been asked for yet."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


NOT_REFUNDED = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED})
"""A refund that ended so gave nothing back, and never will."""


class RefundCause(StrEnum):
    """What made us give money back."""

    CANCELLED = "cancelled"
    RETURNED = "returned"
    """It came late, twice, or for something that was off."""
    BY_HAND = "by_hand"
    DASHBOARD = "dashboard"
    """Made at Stripe, and told to us."""


class IllegalMove(Exception):
    """A status may not follow the one before it."""


def check_move(before: Status, after: Status) -> None:
    """Raises IllegalMove unless the table above lists the move."""
    if after not in MOVES[before]:
        raise IllegalMove(f"a payment that is {before} cannot become {after}")
