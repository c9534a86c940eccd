"""Redaction of Stripe's events: removes personal data and keeps what is needed to apply them.

An allow-list of ids, amounts, statuses and times stays, so that fields that Stripe adds later do not.
"""

import json
from typing import Any

_IDS = {
    "account", "application_fee", "balance_transaction", "booking_id", "charge", "client_reference_id",
    "coach_id", "customer", "deployment_id", "destination", "destination_payment", "id", "latest_charge",
    "on_behalf_of", "originating_transaction", "payment_id", "payment_intent", "payment_method",
    "receipt_url", "refund_id", "source_transaction", "source_transfer_reversal", "transfer_group",
    "transfer_reversal",
}  # fmt: skip
_AMOUNTS = {
    "amount", "amount_authorized", "amount_captured", "amount_received", "amount_refunded", "amount_reversed",
    "amount_subtotal", "amount_total", "application_fee_amount", "currency", "fee", "net",
}  # fmt: skip
_STATUSES = {
    "actionable", "api_version", "cancellation_reason", "captured", "charges_enabled", "code", "decline_code",
    "details_submitted", "disabled_reason", "disputed", "failure_code", "failure_message", "failure_reason",
    "fraud_type", "has_evidence", "has_more", "is_charge_refundable", "livemode", "message", "mode",
    "network_reason_code", "network_status", "object", "paid", "past_due", "payment_method_types",
    "payment_status", "payouts_enabled", "pending_webhooks", "reason", "refunded", "reversed", "risk_level",
    "seller_message", "status", "submission_count", "type",
}  # fmt: skip
_TIMES = {"canceled_at", "created", "due_by", "expires_at"}
_PARTS = {
    "balance_transactions", "data", "evidence_details", "last_payment_error", "metadata", "outcome",
    "previous_attributes", "refunds", "request", "reversals", "transfer_data",
}  # fmt: skip
"""Nested objects and lists, of which only these fields are kept."""
KEPT = _IDS | _AMOUNTS | _STATUSES | _TIMES | _PARTS
DEEPEST = 12
"""The deepest level that is kept. Stripe's objects are less deep."""


def redacted(payload: str) -> str:
    """The event without personal data."""
    return json.dumps(_kept(json.loads(payload), DEEPEST))


def _kept(value: Any, deepest: int) -> Any:
    if isinstance(value, dict):
        return {name: _kept(each, deepest - 1) for name, each in value.items() if name in KEPT and deepest}
    if isinstance(value, list):
        return [_kept(each, deepest - 1) for each in value if deepest]
    return value
