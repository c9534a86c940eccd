"""The shop's own account, as Stripe shows it."""

from typing import Any

from sandbox.stripe.account import Account
from sandbox.stripe.objects import SHAPES, Json, shaped

COUNTRY = "US"
BUSINESS = {"mcc": "8299", "name": "CultureBridge", "product_description": "Coaching sessions"}
SHOWN_AS: dict[str, Json] = {
    "dashboard": {"display_name": "CultureBridge"},
    "payments": {"statement_descriptor": "CULTUREBRIDGE"},
}


def own(account: Account) -> Json:
    """The account object of the shop itself, which can do everything."""
    example: dict[str, Any] = SHAPES["account"]
    settings = {name: {**value, **SHOWN_AS.get(name, {})} for name, value in example["settings"].items()}
    return shaped(
        "account",
        id=account.id,
        business_profile={**example["business_profile"], **BUSINESS},
        business_type="company",
        capabilities=dict.fromkeys(("card_payments", "sepa_debit_payments", "transfers"), "active"),
        charges_enabled=True,
        controller={"type": "account"},
        country=COUNTRY,
        created=account.opened,
        default_currency="usd",
        details_submitted=True,
        email="owner@culturebridge.example",
        external_accounts={
            **example["external_accounts"],
            "url": f"/v1/accounts/{account.id}/external_accounts",
        },
        payouts_enabled=True,
        settings=settings,
        type="standard",
    )
