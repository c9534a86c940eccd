"""Disputes at Stripe: evidence, and links to the dashboard."""

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
    """The evidence of a dispute."""

    text: str
    product_description: str
    service_date: str
    customer_name: str | None
    """None, like the address, for an erased account."""
    customer_email: str | None


def submit_evidence(dispute_id: str, evidence: Evidence, failures: int) -> dict[str, Any]:
    """Submit evidence. Returns the updated dispute. Raises StripeAway, StripeRefused.

    A bank accepts evidence once: equal evidence has the same idempotency key. `failures` counts server
    errors, which Stripe would repeat under the same key.
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
    """The page of a disputed payment in Stripe's dashboard, where documents can be uploaded."""
    settings = current_settings()
    if settings.uses_sandbox:
        return f"{settings.sandbox_stripe_url}/disputes"
    mode = "" if settings.livemode else "test/"
    return f"https://dashboard.stripe.com/{mode}payments/{payment_intent_id or ''}"
