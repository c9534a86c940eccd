"""What Stripe keeps of a payment, and what it has sent on to a coach."""

from dataclasses import dataclass

import stripe

from app.money import Money
from app.payments.gateway import api


@dataclass(frozen=True)
class Fee:
    """What Stripe kept of a payment and what that left, in the currency that it settles in."""

    balance_transaction_id: str
    fee: Money
    net: Money


def of_intent(payment_intent_id: str) -> Fee | None:
    """What Stripe kept of a payment; None as long as it has not settled it. Raises StripeAway, StripeRefused.

    https://docs.stripe.com/expand/use-cases#stripe-fee-for-payment
    """
    intents, path = api.v1().payment_intents, "latest_charge.balance_transaction"
    charge = api.call(lambda: intents.retrieve(payment_intent_id, {"expand": [path]})).latest_charge
    settled = charge.balance_transaction if isinstance(charge, stripe.Charge) else None
    if not isinstance(settled, stripe.BalanceTransaction):
        return None
    currency = settled.currency.upper()
    return Fee(settled.id, Money(settled.fee, currency), Money(settled.net, currency))


def sent_on(payment_intent_id: str) -> Money | None:
    """What of a payment is at its coach's account now: sent, less our fee, less what came back of either.

    None as long as Stripe has sent nothing. Raises StripeAway, StripeRefused.
    """
    intents = api.v1().payment_intents
    paths = ["latest_charge.transfer", "latest_charge.application_fee"]
    charge = api.call(lambda: intents.retrieve(payment_intent_id, {"expand": paths})).latest_charge
    transfer = charge.transfer if isinstance(charge, stripe.Charge) else None
    if not isinstance(charge, stripe.Charge) or not isinstance(transfer, stripe.Transfer):
        return None
    fee = charge.application_fee
    ours = fee.amount - fee.amount_refunded if isinstance(fee, stripe.ApplicationFee) else 0
    return Money(transfer.amount - transfer.amount_reversed - ours, transfer.currency.upper())
