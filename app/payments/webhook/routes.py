"""Stripe's webhook: verify, enqueue, answer. It opens no database connection.

The middleware answers the usual delivery by `accept`. The view answers any other request for its path.
"""

import json

from apiflask import APIBlueprint
from flask import request

from app.http.access_rule import public
from app.http.problems import Problem
from app.payments.webhook import signature as webhook_signature
from app.payments.webhook import signature_failures
from app.queue.enqueue import enqueue_directly
from app.queue.names import TaskNames

webhook = APIBlueprint("webhook", __name__, url_prefix="/payment")


class BadDelivery(Problem):
    status, slug, title = 400, "bad-delivery", "Not an event from Stripe"
    meaning = "The delivery is not signed by Stripe with our secret, or is no event."
    remedy = (
        "Only Stripe delivers here. An operator compares STRIPE_WEBHOOK_SECRET with the endpoint's own:"
        " `flask doctor`."
    )


@webhook.post("/webhook")
@webhook.doc(
    responses={
        200: "Received",
        400: "Not signed by Stripe, or not an event",
        413: "Too large",
        503: "Broker away",
    }
)
@public
def receive() -> dict[str, bool]:
    """Receive a signed event from Stripe and enqueue it."""
    accept(request.get_data(), request.headers.get("Stripe-Signature"))
    return {"received": True}


def accept(body: bytes, signature: str | None) -> None:
    """Enqueue a delivery whose signature is good. Raises BadDelivery and BrokerAway."""
    if not signature:
        raise BadDelivery("There is no Stripe-Signature header: only Stripe delivers here.")
    try:
        payload = webhook_signature.verify(body, signature)
    except webhook_signature.BadSignature as error:
        if webhook_signature.is_well_formed(signature):  # a stranger's delivery says nothing about our secret
            signature_failures.note_refused()
        raise BadDelivery(f"The Stripe-Signature header does not verify: {error}") from error
    _check_is_event(payload)
    enqueue_directly(TaskNames.HANDLE_EVENT, payload)


def _check_is_event(payload: str) -> None:
    try:
        event = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise BadDelivery("The body is not JSON.") from error
    well_formed = (
        isinstance(event, dict)
        and _is_name(event.get("id"))
        and _is_name(event.get("type"))
        and isinstance(event.get("data"), dict)
        and isinstance(event["data"].get("object"), dict)
    )
    if not well_formed:
        raise BadDelivery("The body is not an event: it needs id, type and data.object.")


def _is_name(value: object) -> bool:
    """Whether PostgreSQL could store it: otherwise its job would be retried for ever."""
    return isinstance(value, str) and value != "" and value.isprintable()
