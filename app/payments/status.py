"""Statuses of payments, refunds and disputes, and their allowed transitions."""

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
    # the payer tries another card in the same session, or leaves it until it expires
    Status.FAILED: {Status.PROCESSING, Status.SUCCEEDED, Status.EXPIRED},
    Status.SUCCEEDED: {Status.PARTIALLY_REFUNDED, Status.REFUNDED},
    # a refund can fail after it succeeded: Stripe returns the money to us
    Status.PARTIALLY_REFUNDED: {Status.REFUNDED, Status.SUCCEEDED},
    Status.REFUNDED: {Status.PARTIALLY_REFUNDED, Status.SUCCEEDED},
    Status.EXPIRED: {Status.SUCCEEDED},  # Stripe does not document it, but money that came must be recorded
}
PAID = frozenset({Status.SUCCEEDED, Status.PARTIALLY_REFUNDED, Status.REFUNDED})


class AttemptStage(IntEnum):
    """The stage of an attempt to pay. Of two in the same second, the greater is the later one.

    A Checkout session accepts any number of immediate methods, and then one delayed method.
    """

    DECLINED = 0
    """An immediate method was declined; the session accepts another."""
    PROCESSING = 1
    """A delayed method is pending; the session accepts no other."""
    RETURNED = 2
    """The delayed method failed."""


class RefundStatus(StrEnum):
    """Stripe's statuses; `pending` also covers refunds that are not submitted yet."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


OPEN_REFUNDS = (RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION)
"""The payer does not have the money yet. Of two in the same second, the second one here is later."""
NOT_REFUNDED = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED})
"""Final statuses of refunds that returned no money."""


class RefundCause(StrEnum):
    """The cause of a refund."""

    CANCELLED = "cancelled"
    RETURNED = "returned"
    """The payment came late, twice, or for a cancelled booking."""
    BY_HAND = "by_hand"
    DASHBOARD = "dashboard"
    """Made in Stripe's dashboard."""


class RefundReason(StrEnum):
    """Stripe's reasons (Stripe: "Create a refund", `reason`)."""

    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"
    """Stripe blocks the payer's card and e-mail address."""
    REQUESTED = "requested_by_customer"


def check_transition(before: Status, after: Status) -> None:
    """Raises IllegalTransition unless the table above lists it."""
    transitions.check("a payment", TRANSITIONS, before, after)


class DisputeStatus(StrEnum):
    """Stripe's statuses, in their order; `warning_*` is an inquiry.

    A lost dispute under appeal stays `lost` until it is won: no money moves before that.
    """

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response"
    APPEAL_UNDER_REVIEW = "appeal_under_review"
    PREVENTED = "prevented"  # refunded before the bank opened a dispute
    LOST = "lost"
    WON = "won"


class FraudWarningStatus(StrEnum):
    OPEN = "open"
    REFUNDED = "refunded"  # refunded from here, in response to the warning
    NOT_ACTIONABLE = "not_actionable"  # refunded in full another way, or disputed


INQUIRIES = frozenset(
    {DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.WARNING_UNDER_REVIEW, DisputeStatus.WARNING_CLOSED}
)
"""Inquiries: no money has moved."""
AWAITS_EVIDENCE = frozenset(
    {DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.NEEDS_RESPONSE, DisputeStatus.APPEAL_NEEDS_RESPONSE}
)
APPEALED = frozenset({DisputeStatus.APPEAL_NEEDS_RESPONSE, DisputeStatus.APPEAL_UNDER_REVIEW})
DECIDED = frozenset(
    {DisputeStatus.WARNING_CLOSED, DisputeStatus.PREVENTED, DisputeStatus.LOST, DisputeStatus.WON}
)
GIVEN_BACK = frozenset({DisputeStatus.LOST, DisputeStatus.PREVENTED})
"""The dispute returned the money to the client."""
