"""Mails to the operator about disputes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.emails import subject_ids
from app.emails.outbox import put_to_operator
from app.extensions import now
from app.payments.models import Dispute, Refund
from app.unicode_text import isolate

KINDS = ("dispute_opened", "dispute_deadline", "dispute_decided")

_REASONS = {
    "bank_cannot_process": "the bank cannot process the payment",
    "check_returned": "the check was returned",
    "credit_not_processed": "the client says that a refund they were due did not come",
    "customer_initiated": "the client asked their bank for the money",
    "debit_not_authorized": "the client says that they did not allow the debit",
    "duplicate": "the client says that they paid twice",
    "fraudulent": "the client says that they did not make this payment",
    "general": "the bank gives no particular reason",
    "incorrect_account_details": "the account's details were wrong",
    "insufficient_funds": "the account did not hold enough",
    "noncompliant": "the card network's rules were not kept",
    "product_not_received": "the client says that the session did not take place",
    "product_unacceptable": "the client says that the session was not as described",
    "subscription_canceled": "the client says that they had cancelled",
    "unrecognized": "the client does not recognise the payment",
}
"""Stripe's dispute reasons in plain words (Stripe: "Dispute reason codes")."""


def opened(dispute: Dispute, page: str) -> None:
    """Mail the operator about a new dispute or inquiry: facts, deadline and what to do."""
    kind = "Inquiry about a payment" if dispute.is_inquiry else "Payment disputed"
    once = subject_ids.of_opened_dispute(dispute.id, is_inquiry=dispute.is_inquiry)
    _put("dispute_opened", once, f"{kind}: {_of_whom(dispute)}", dispute, page)


def deadline(dispute: Dispute, at: datetime, page: str) -> None:
    """Mail the operator that the deadline approaches without evidence."""
    assert dispute.due_by, "only what has a deadline is warned of"
    days = -(-(dispute.due_by - at) // timedelta(days=1))
    left = f"{days} days are" if days > 1 else "One day is"
    kind = "the inquiry about" if dispute.is_inquiry else "the dispute over"
    subject = f"Answer by {_moment(dispute.due_by)}: {kind} {_of_whom(dispute)}"
    once = subject_ids.of_dispute_deadline(dispute.id, dispute.due_by, days)
    _put("dispute_deadline", once, subject, dispute, page, left=left)


def decided(dispute: Dispute, reversed_verdict: str | None, called_off: Sequence[Refund], page: str) -> None:
    """Mail the operator the decision, and what happens to refunds that waited for it.

    `reversed_verdict` is the earlier decision, if this one reverses it.
    """
    reversal = dispute.fund_moves if reversed_verdict else None
    verdict, outcome = _verdict(dispute)
    coming = [each for each in dispute.payment.bookings if each.status == "confirmed" and each.start > now()]
    _put(
        "dispute_decided",
        subject_ids.of_decided_dispute(dispute.id, dispute.status, reversal),
        f"{verdict}: {_of_whom(dispute)}",
        dispute,
        page,
        verdict=verdict,
        outcome=outcome,
        called_off=called_off,
        issued=[refund for refund in dispute.payment.refunds if refund.is_owed],
        coming=0 if dispute.status in {"won", "warning_closed"} else len(coming),
    )


def _verdict(dispute: Dispute) -> tuple[str, str]:
    if dispute.is_inquiry:
        return "Inquiry closed", "The bank closed the inquiry. No money has moved."
    if dispute.status == "won":
        return "Dispute won", f"The bank decided for us: {dispute.money} return to our balance."
    if dispute.status == "prevented":
        return (
            "Dispute prevented",
            f"{dispute.money} were refunded to the client before a dispute was opened.",
        )
    kept = dispute.amount_minor - dispute.given_back_minor
    if kept > 0:
        return "Dispute lost in part", f"The bank decided that the client keeps {dispute.withdrawn}."
    return "Dispute lost", f"The bank decided for the client, who keeps {dispute.money}."


def _of_whom(dispute: Dispute) -> str:
    return f"{dispute.money} of {isolate(dispute.payment.client.name)}"


def _put(kind: str, once: str, subject: str, dispute: Dispute, page: str, **shown: Any) -> None:
    shown |= {
        "dispute": dispute,
        "payment": dispute.payment,
        "why": _REASONS.get(dispute.reason, dispute.reason.replace("_", " ")),
        "due": _moment(dispute.due_by) if dispute.due_by else None,
        "sessions": [(_moment(each.start), each) for each in dispute.payment.bookings],
        "page": page,
    }
    put_to_operator(kind, once, subject, **shown)


def _moment(at: datetime) -> str:
    """Tuesday 1 December 2026, 14:00 UTC"""
    utc = at.astimezone(UTC)
    return f"{utc:%A} {utc.day} {utc:%B %Y, %H:%M} UTC"
