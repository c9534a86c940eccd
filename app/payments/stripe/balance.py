"""Stripe's fees and transfers of a payment."""

from collections.abc import Sequence
from dataclasses import dataclass

import stripe

from app.money.allocation import in_proportion
from app.money.money import CURRENCIES, Money
from app.payments.stripe import client as stripe_client
from app.payments.stripe import transfers


@dataclass(frozen=True)
class Fee:
    """Fee and net of a payment, in the settlement currency."""

    charge_id: str
    receipt_url: str | None
    method: str | None
    """The payment method type, such as `card`."""
    balance_transaction_id: str | None
    """None if a bank returned the payment before Stripe settled it."""
    fee: Money
    net: Money


def of_intent(payment_intent_id: str) -> Fee | None:
    """Stripe's fee of a payment; None until it is settled. Raises StripeAway, StripeRefused.

    For a returned debit it is the fee of the return.
    https://docs.stripe.com/expand/use-cases#stripe-fee-for-payment
    """
    intents = stripe_client.v1().payment_intents
    paths = ["latest_charge.balance_transaction", "latest_charge.failure_balance_transaction"]
    return stripe_client.call(lambda: _fee(intents.retrieve(payment_intent_id, {"expand": paths})))


def _fee(intent: stripe.PaymentIntent) -> Fee | None:
    charge = intent.latest_charge
    if not isinstance(charge, stripe.Charge):
        return None
    method = charge.payment_method_details.type if charge.payment_method_details else None
    found = (charge.balance_transaction, charge.failure_balance_transaction)
    moves = [each for each in found if isinstance(each, stripe.BalanceTransaction)]
    if not moves:
        nothing = Money(0, charge.currency.upper())
        return Fee(charge.id, None, method, None, nothing, nothing) if charge.status == "failed" else None
    currency = _currency(moves[0])
    fee, net = sum(move.fee for move in moves), sum(move.net for move in moves)
    kept, left = Money(fee, currency), Money(net, currency)
    return Fee(charge.id, charge.receipt_url, method, moves[0].id, kept, left)


def _currency(move: stripe.BalanceTransaction) -> str:
    """Raises ValueError for one whose minor unit is not known."""
    currency = move.currency.upper()
    if currency not in CURRENCIES:
        raise ValueError(f"{currency} is no currency that Stripe charges in")
    return currency


def sent_on(payment_intent_id: str, again: Sequence[str] = ()) -> Money | None:
    """The part of a payment at its coach's account now: transferred, less our fee, less reversals of either.

    Includes later transfers (`again`). In the payment's currency, independent of settlement. None before the
    transfer. Raises StripeAway, StripeRefused.
    """
    intents = stripe_client.v1().payment_intents
    paths = ["latest_charge.transfer", "latest_charge.application_fee"]
    first = stripe_client.call(lambda: _sent_first(intents.retrieve(payment_intent_id, {"expand": paths})))
    more = sum(each.left for each in transfers.sent_again(again)) if first else 0
    return first and Money(first.amount + more, first.currency)


def _sent_first(intent: stripe.PaymentIntent) -> Money | None:
    charge, transfer = transfers.first_of(intent)
    if charge is None or transfer is None:
        return None
    fee, agreed = charge.application_fee, charge.application_fee_amount or 0
    sent = _left(charge.amount, transfer.amount, transfer.amount_reversed)
    ours = _left(agreed, fee.amount, fee.amount_refunded) if isinstance(fee, stripe.ApplicationFee) else 0
    return Money(sent - ours, charge.currency.upper())


def _left(whole: int, moved: int, returned: int) -> int:
    """The part of a whole that stayed, from `moved` and `returned` in any currency."""
    return whole - in_proportion(whole, returned, moved, step=1)
