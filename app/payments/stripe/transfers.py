"""Transfers to coaches' accounts: state, reversals and new transfers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import stripe

from app.money.allocation import in_proportion
from app.money.money import Money
from app.payments.events.payloads import metadata_of
from app.payments.stripe import client as stripe_client


@dataclass(frozen=True)
class Sent:
    """A transfer and its unreversed rest."""

    id: str
    amount: int
    """Amounts in the transfer's currency."""
    left: int
    has_fee: bool
    """Whether our commission was deducted and must be returned with a reversal."""
    of: int
    """The client's payment that it covers, in the payment's currency."""

    def part(self, share: int) -> int:
        """The part of it for this share of the client's payment; at most the rest."""
        return min(self.left, in_proportion(self.amount, share, self.of, step=1))


@dataclass(frozen=True)
class RecoveryOrder:
    """The order of a reversal or transfer. The same order always returns the same one."""

    deployment_id: UUID
    recovery_id: UUID
    failures: int
    """Stripe's failures so far, which it would repeat under the same idempotency key."""

    @property
    def key(self) -> str:
        return f"recovery-{self.recovery_id}-{self.failures}"

    @property
    def metadata(self) -> dict[str, str]:
        return {"deployment_id": str(self.deployment_id), "recovery_id": str(self.recovery_id)}


def of_payment(payment_intent_id: str, again: Sequence[str]) -> list[Sent]:
    """The transfers of a payment, the latest first; `again` are later ones after a reversal.

    Raises StripeAway, StripeRefused.
    """
    paths = ["latest_charge.transfer"]
    intents = stripe_client.v1().payment_intents
    first = stripe_client.call(lambda: _first(intents.retrieve(payment_intent_id, {"expand": paths})))
    return [*sent_again(again), first] if first else []


def _first(intent: stripe.PaymentIntent) -> Sent | None:
    """None as long as Stripe has sent nothing."""
    charge, transfer = first_of(intent)
    if charge is None or transfer is None:
        return None
    return _sent(transfer, charge.amount, has_fee=bool(charge.application_fee))


def first_of(intent: stripe.PaymentIntent) -> tuple[stripe.Charge | None, stripe.Transfer | None]:
    """A payment's charge and what it sent on, both expanded. Raises ValueError where only an id is given."""
    charge = intent.latest_charge
    transfer = charge.transfer if isinstance(charge, stripe.Charge) else None
    if isinstance(charge, str) or isinstance(transfer, str):
        raise ValueError(f"{intent.id} comes without its charge or its transfer")
    return charge, transfer


def sent_again(transfer_ids: Sequence[str]) -> list[Sent]:
    """Raises StripeAway, StripeRefused."""
    return [stripe_client.call(partial(_retrieved, each)) for each in reversed(transfer_ids)]


def _retrieved(transfer_id: str) -> Sent:
    transfer = stripe_client.v1().transfers.retrieve(transfer_id)
    return _sent(transfer, transfer.amount)


def reverse(order: RecoveryOrder, sent: Sent, amount: int) -> str:
    """Reverse an amount of a transfer, once for each order. Returns the reversal's id.

    Raises StripeAway, StripeRefused. https://docs.stripe.com/connect/destination-charges#disputes
    """
    params: stripe.params.TransferCreateReversalParams = {"amount": amount, "metadata": order.metadata}
    if sent.has_fee:
        params["refund_application_fee"] = True
    options: stripe.RequestOptions = {"idempotency_key": order.key}
    return stripe_client.call(
        lambda: stripe_client.v1().transfers.reversals.create(sent.id, params, options).id
    )


def send(order: RecoveryOrder, amount: Money, destination: str) -> str:
    """Transfer money from our balance to a coach, once for each order. Returns the transfer's id.

    Raises StripeAway, StripeRefused. https://docs.stripe.com/api/transfers/create
    """
    params: stripe.params.TransferCreateParams = {
        "amount": amount.amount,
        "currency": amount.currency.lower(),
        "destination": destination,
        "transfer_group": _group(order),
        "metadata": order.metadata,
    }
    options: stripe.RequestOptions = {"idempotency_key": order.key}
    return stripe_client.call(lambda: stripe_client.v1().transfers.create(params, options).id)


def find_reversal(order: RecoveryOrder, sent: Sequence[Sent]) -> str | None:
    """Find the one that Stripe made although its answer was lost. Raises StripeAway, StripeRefused."""
    for each in sent:
        if found := stripe_client.call(partial(_reversal, order, each.id)):
            return found
    return None


def _reversal(order: RecoveryOrder, transfer_id: str) -> str | None:
    made = stripe_client.v1().transfers.reversals.list(transfer_id, {"limit": 100})
    return next((each.id for each in made.data if _is_of(order, each)), None)


def find_transfer(order: RecoveryOrder) -> str | None:
    """Find the one that Stripe made although its answer was lost. Raises StripeAway, StripeRefused."""
    listed: stripe.params.TransferListParams = {"transfer_group": _group(order), "limit": 1}
    return stripe_client.call(
        lambda: next((each.id for each in stripe_client.v1().transfers.list(listed).data), None)
    )


def _is_of(order: RecoveryOrder, made: stripe.StripeObject) -> bool:
    return metadata_of(made.to_dict()).get("recovery_id") == str(order.recovery_id)


def _group(order: RecoveryOrder) -> str:
    return f"recovery-{order.recovery_id}"


def _sent(transfer: stripe.Transfer, of: int, has_fee: bool = False) -> Sent:
    return Sent(transfer.id, transfer.amount, transfer.amount - transfer.amount_reversed, has_fee, of)
