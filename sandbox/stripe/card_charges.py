"""What is special about charges to cards: brands, checks, 3-D Secure, declines."""

from uuid import uuid4

from sandbox.stripe import charges
from sandbox.stripe.account import Account
from sandbox.stripe.cards import CardHolder, Decline, TestCard
from sandbox.stripe.objects import SHAPES, Json, new_id, shaped

AUTHENTICATED = {
    "authentication_flow": "challenge",
    "electronic_commerce_indicator": "05",
    "exemption_indicator": None,
    "result": "authenticated",
    "result_reason": None,
    "version": "2.2.0",
}


def payment_method(account: Account, card: TestCard, payer: CardHolder) -> Json:
    """The card as a payment method, kept by the account."""
    method = shaped(
        "payment_method",
        id=new_id("pm"),
        created=account.clock.now(),
        billing_details=payer.billing_details(),
    )
    method["card"] |= _card(card, payer) | {
        "display_brand": card.brand,
        "networks": {"available": [card.brand], "preferred": None},
        "checks": _checks(card, payer),
    }
    return account.store.add(method)


def attempt(
    account: Account, intent: Json, method: Json, card: TestCard, payer: CardHolder, *, authenticated: bool
) -> Json:
    """A charge for the whole intent: succeeded, or failed with the card's decline."""
    details = {
        **SHAPES["charge"]["payment_method_details"]["card"],
        **_card(card, payer),
        "amount_authorized": intent["amount"],
        "checks": _checks(card, payer),
        "network": card.brand,
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "three_d_secure": {**AUTHENTICATED, "transaction_id": str(uuid4())} if authenticated else None,
    }
    charge = charges.attempt(account, intent, method, payer, card, {"card": details, "type": "card"})
    if card.decline:
        _decline(charge, card.decline)
    else:
        charges.succeed(account, charge)
    return charge


def _decline(charge: Json, decline: Decline) -> None:
    charges.fail(
        charge,
        decline.code,
        decline.message,
        advice_code=decline.advice,
        network_decline_code="01",
        network_status="declined_by_network",
        reason=decline.decline_code,
        seller_message="The bank did not return any further details with this decline."
        if decline.decline_code == "generic_decline"
        else f"The bank returned the decline code `{decline.decline_code}`.",
        type="issuer_declined",
    )


def _card(card: TestCard, payer: CardHolder) -> Json:
    return {
        "brand": card.brand,
        "country": card.country,
        "exp_month": payer.exp_month,
        "exp_year": payer.exp_year,
        "fingerprint": payer.fingerprint,
        "funding": card.funding,
        "last4": payer.last4,
    }


def _checks(card: TestCard, payer: CardHolder) -> Json:
    wrong_cvc = card.decline is not None and card.decline.code == "incorrect_cvc"
    return {
        "address_line1_check": None,
        "address_postal_code_check": "pass" if payer.postal_code else None,
        "cvc_check": "fail" if wrong_cvc else "pass",
    }
