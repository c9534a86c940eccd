"""Coaches whom the shop pays out to through Stripe Connect."""

from typing import Any

import stripe
from stripe.checkout import Session

from tests.sandbox.stripe.shop import PAYS, Shop, charge

RETURN, REFRESH = "https://shop.example/onboarded", "https://shop.example/again"


def invited(shop: Shop, **params: Any) -> stripe.Account:
    """A new account that may receive transfers once it is onboarded."""
    wanted = {
        "type": "express",
        "country": "US",
        "email": "amara@example.com",
        "capabilities": {"transfers": {"requested": True}, "card_payments": {"requested": True}},
        **params,
    }
    return shop.stripe.v1.accounts.create(wanted)  # type: ignore[arg-type]


def onboarded(shop: Shop) -> stripe.Account:
    """One that is."""
    account = invited(shop)
    shop.control(f"/accounts/{account.id}/onboarding")
    return shop.stripe.v1.accounts.retrieve(account.id)


def link(shop: Shop, account: stripe.Account) -> stripe.AccountLink:
    """An invitation to onboarding."""
    return shop.stripe.v1.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "refresh_url": REFRESH,
            "return_url": RETURN,
        }
    )


def paid_for(shop: Shop, coach: stripe.Account, card: str = PAYS, **terms: Any) -> Session:
    """A session of 75 euros of which the coach gets all but the shop's fee of 15."""
    shares = terms or {"application_fee_amount": 1500}
    data = {"transfer_data": {"destination": coach.id}, **shares}
    return shop.paid(card, payment_intent_data=data)


def transfer_of(shop: Shop, session: Session) -> stripe.Transfer:
    """The transfer that a session's charge caused."""
    return shop.stripe.v1.transfers.retrieve(str(charge(session).transfer))


def books(shop: Shop, coach: stripe.Account) -> tuple[dict[str, int], dict[str, int]]:
    """The shop's books and the coach's, in euros; they must agree with the balances that Stripe tells."""
    everything = shop.look("/ledger")
    ours, theirs = everything["currencies"]["eur"], everything["accounts"][coach.id].get("eur", {"net": 0})
    came = ours["captured"] + ours["processing"] - ours["unsettled"] + ours["application_fees"]
    assert ours["net"] + ours["fees"] == came - ours["refunded"] - ours["disputed"] - ours["transferred"]
    assert ours["net"] == worth(shop.stripe.v1.balance.retrieve())
    there: stripe.RequestOptions = {"stripe_account": coach.id}
    assert theirs["net"] == worth(shop.stripe.v1.balance.retrieve({}, there))
    return ours, theirs


def worth(balance: stripe.Balance) -> int:
    """All of a balance in euros."""
    lines = [*balance.available, *balance.pending]
    return sum(line.amount for line in lines if line.currency == "eur")
