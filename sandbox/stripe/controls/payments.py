"""Controls of what becomes of payments, refunds and disputes."""

from typing import Literal

from flask import Response, jsonify
from pydantic import BaseModel

from sandbox.stripe import checkout, ledger, operations
from sandbox.stripe.account import Account
from sandbox.stripe.controls.body import Control, read

FailureReason = Literal[
    "lost_or_stolen_card",
    "expired_or_canceled_card",
    "charge_for_pending_refund_disputed",
    "insufficient_funds",
    "declined",
    "merchant_request",
    "unknown",
]

DisputeReason = Literal[
    "bank_cannot_process",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
]


FraudType = Literal[
    "card_never_received",
    "fraudulent_card_application",
    "made_with_counterfeit_card",
    "made_with_lost_card",
    "made_with_stolen_card",
    "misc",
    "unauthorized_use_of_card",
]


class BankAnswer(BaseModel, extra="forbid"):
    """POST /_sandbox/payments/<id>/debit."""

    outcome: Literal["succeeded", "failed"]


class RefundByHand(BaseModel, extra="forbid"):
    """POST /_sandbox/payments/<id>/refund."""

    amount: int | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = "requested_by_customer"


class DisputeByHand(BaseModel, extra="forbid"):
    """POST /_sandbox/payments/<id>/dispute."""

    reason: DisputeReason = "fraudulent"
    inquiry: bool = False
    amount: int | None = None


class FraudWarning(BaseModel, extra="forbid"):
    """POST /_sandbox/payments/<id>/fraud-warning."""

    fraud_type: FraudType = "unauthorized_use_of_card"


class Verdict(BaseModel, extra="forbid"):
    """POST /_sandbox/disputes/<id>/close."""

    verdict: Literal["won", "lost"]
    keep_fee: bool = False


class RefundStatus(BaseModel, extra="forbid"):
    """POST /_sandbox/refunds/<id>/status."""

    status: Literal["pending", "requires_action", "succeeded", "failed", "canceled"]
    failure_reason: FailureReason = "expired_or_canceled_card"


def controls(account: Account) -> list[Control]:
    """Their methods, paths and views."""
    payments = Payments(account)
    return [
        ("GET", "/ledger", payments.ledger),
        ("POST", "/sessions/<session_id>/expire", payments.expire),
        ("POST", "/payments/<payment_id>/debit", payments.end_debit),
        ("POST", "/payments/<payment_id>/settle", payments.settle),
        ("POST", "/payments/<payment_id>/refund", payments.refund),
        ("POST", "/payments/<payment_id>/dispute", payments.dispute),
        ("POST", "/payments/<payment_id>/fraud-warning", payments.warn_of_fraud),
        ("POST", "/disputes/<dispute_id>/escalate", payments.escalate_dispute),
        ("POST", "/disputes/<dispute_id>/close", payments.close_dispute),
        ("POST", "/disputes/<dispute_id>/overturn", payments.overturn_dispute),
        ("POST", "/refunds/<refund_id>/status", payments.move_refund),
    ]


class Payments:
    """The buttons; each answers JSON."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def ledger(self) -> Response:
        """The sandbox's own books: by currency and by payment intent."""
        with self._account.lock:
            return jsonify(ledger.books(self._account))

    def expire(self, session_id: str) -> Response:
        """End an open session."""
        with self._account.lock:
            return jsonify(checkout.expire(self._account, {}, session_id))

    def end_debit(self, payment_id: str) -> Response:
        """Let the payer's bank answer a debit."""
        succeeded = read(BankAnswer).outcome == "succeeded"
        return jsonify(operations.end_debit(self._account, payment_id, succeeded=succeeded))

    def settle(self, payment_id: str) -> Response:
        """Give a payment its balance transaction."""
        return jsonify(operations.settle(self._account, payment_id))

    def refund(self, payment_id: str) -> Response:
        """Refund as in the dashboard."""
        wanted = read(RefundByHand)
        return jsonify(operations.refund(self._account, payment_id, wanted.amount, wanted.reason))

    def dispute(self, payment_id: str) -> Response:
        """Have the payment disputed."""
        wanted = read(DisputeByHand)
        made = operations.dispute(
            self._account, payment_id, wanted.reason, inquiry=wanted.inquiry, amount=wanted.amount
        )
        return jsonify(made)

    def warn_of_fraud(self, payment_id: str) -> Response:
        """Have the card's issuer warn of fraud."""
        return jsonify(operations.warn_of_fraud(self._account, payment_id, read(FraudWarning).fraud_type))

    def escalate_dispute(self, dispute_id: str) -> Response:
        """Make an inquiry a chargeback."""
        return jsonify(operations.escalate_dispute(self._account, dispute_id))

    def close_dispute(self, dispute_id: str) -> Response:
        """Decide a dispute."""
        wanted = read(Verdict)
        closed = operations.close_dispute(self._account, dispute_id, wanted.verdict, keep_fee=wanted.keep_fee)
        return jsonify(closed)

    def overturn_dispute(self, dispute_id: str) -> Response:
        """Decide a decided dispute the other way."""
        return jsonify(operations.overturn_dispute(self._account, dispute_id))

    def move_refund(self, refund_id: str) -> Response:
        """Change what became of a refund."""
        wanted = read(RefundStatus)
        moved = operations.move_refund(self._account, refund_id, wanted.status, wanted.failure_reason)
        return jsonify(moved)
