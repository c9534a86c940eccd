"""What Stripe keeps of a payment, and what it has sent on to a coach."""

from collections.abc import Sequence
from dataclasses import dataclass

import stripe

from app.money.allocation import in_proportion
from app.money.money import CURRENCIES, Money
from app.payments.stripe import client as stripe_client
from app.payments.stripe import transfers


@dataclass(frozen=True)
class Fee:
    """What Stripe kept of a payment and what that left, in the currency that it settles in."""

    charge_id: str
    receipt_url: str | None
    method: str | None
    """How it was paid, such as `card`."""
    balance_transaction_id: str | None
    """None where a bank returned a payment before Stripe had settled it."""
    fee: Money
    net: Money


def of_intent(payment_intent_id: str) -> Fee | None:
    """What Stripe kept of a payment; None as long as it has not settled it. Raises StripeAway, StripeRefused.

    Of a debit that the bank returned, it is what Stripe keeps for that.
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
    """What of a payment is at its coach's account now: sent, less our fee, less what came back of either.

    With what later transfers sent `again`. In the payment's currency, whatever Stripe settles the transfer
    and the fee in. None as long as Stripe has sent nothing. Raises StripeAway, StripeRefused.
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
    """What of a whole stayed where it went, of which so much `moved` and was `returned` in any currency."""
    return whole - in_proportion(whole, returned, moved, step=1)
