"""Disputes: answering the payer's bank, and where to look at them."""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import stripe
from stripe.params import DisputeUpdateParams, DisputeUpdateParamsEvidence

from app.config.settings import current_settings
from app.payments.stripe import client as stripe_client


@dataclass(frozen=True)
class Evidence:
    """What a bank is told of a payment that its client disputes."""

    text: str
    product_description: str
    service_date: str
    customer_name: str | None
    """None, as of the address, for somebody who has erased the account."""
    customer_email: str | None


def submit_evidence(dispute_id: str, evidence: Evidence, failures: int) -> dict[str, Any]:
    """Send the bank our evidence; the dispute as it then stands. Raises StripeAway, StripeRefused.

    A bank takes evidence once: the same evidence has the same key whenever it is sent, and so is told once.
    `failures` is how often Stripe broke over it, as it would again under the same key.
    https://docs.stripe.com/api/disputes/update
    """
    told: DisputeUpdateParamsEvidence = {
        "uncategorized_text": evidence.text,
        "product_description": evidence.product_description,
        "service_date": evidence.service_date,
    }
    if evidence.customer_name and evidence.customer_email:  # Stripe refuses empty ones
        told["customer_name"] = evidence.customer_name
        told["customer_email_address"] = evidence.customer_email
    content = sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
    options: stripe.RequestOptions = {"idempotency_key": f"evidence-{dispute_id}-{content}-{failures}"}
    params: DisputeUpdateParams = {"evidence": told, "submit": True}
    disputes = stripe_client.v1().disputes
    return stripe_client.call(lambda: disputes.update(dispute_id, params, options).to_dict())


def page(payment_intent_id: str | None) -> str:
    """Where the operator sees a disputed payment and can answer with documents: Stripe's dashboard."""
    settings = current_settings()
    if settings.uses_sandbox:
        return f"{settings.sandbox_stripe_url}/disputes"
    mode = "" if settings.livemode else "test/"
    return f"https://dashboard.stripe.com/{mode}payments/{payment_intent_id or ''}"
