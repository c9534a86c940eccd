"""The life of a payment, of a refund and of a dispute: which status may follow which."""

from enum import IntEnum, StrEnum

from app import transitions


class Status(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


TRANSITIONS = {
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


class AttemptStage(IntEnum):
    """How far an attempt to pay has come. Of two in the same second, the greater is the later one.

    A Checkout session takes any number of methods that answer at once, and then one that answers later.
    """

    DECLINED = 0
    """A method that answers at once said no; the session takes another."""
    PROCESSING = 1
    """The payer's bank has not answered yet; the session takes no other method."""
    RETURNED = 2
    """The payer's bank said no."""


class RefundStatus(StrEnum):
    """Stripe's own, plus `pending` for a refund that Stripe has not been asked for yet."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


OPEN_REFUNDS = (RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION)
"""The payer does not have the money yet. Of two told in one second, the second of these is the later one."""
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


class RefundReason(StrEnum):
    """Stripe's own (Stripe: "Create a refund", `reason`)."""

    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"
    """Stripe blocks the payer's card and address from then on."""
    REQUESTED = "requested_by_customer"


def check_transition(before: Status, after: Status) -> None:
    """Raises IllegalTransition unless the table above lists it."""
    transitions.check("a payment", TRANSITIONS, before, after)


class DisputeStatus(StrEnum):
    """Stripe's own, in the order in which they can follow each other; `warning_*` is an inquiry.

    A lost dispute that is appealed against stays `lost` here until it is won: no money moves before that.
    """

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response"
    APPEAL_UNDER_REVIEW = "appeal_under_review"
    PREVENTED = "prevented"  # the money went back before the bank opened a dispute
    LOST = "lost"
    WON = "won"


class FraudWarningStatus(StrEnum):
    OPEN = "open"
    REFUNDED = "refunded"  # from here, as an answer to the warning
    NOT_ACTIONABLE = "not_actionable"  # refunded in full otherwise, or disputed


INQUIRIES = frozenset(
    {DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.WARNING_UNDER_REVIEW, DisputeStatus.WARNING_CLOSED}
)
"""A bank only asks, and has moved no money."""
AWAITS_EVIDENCE = frozenset(
    {DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.NEEDS_RESPONSE, DisputeStatus.APPEAL_NEEDS_RESPONSE}
)
APPEALED = frozenset({DisputeStatus.APPEAL_NEEDS_RESPONSE, DisputeStatus.APPEAL_UNDER_REVIEW})
DECIDED = frozenset(
    {DisputeStatus.WARNING_CLOSED, DisputeStatus.PREVENTED, DisputeStatus.LOST, DisputeStatus.WON}
)
GIVEN_BACK = frozenset({DisputeStatus.LOST, DisputeStatus.PREVENTED})
"""The client has the money by the dispute."""
