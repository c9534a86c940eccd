"""Accounts of coaches at Stripe, connected to ours (Stripe: "Connect")."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

import stripe
from stripe.params import AccountCreateParams

from app.payments.gateway import api


@dataclass(frozen=True)
class ConnectedAccount:
    id: str
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    takes_transfers: bool
    requirements: list[str]
    """What Stripe wants to know next, by its own names."""
    disabled_reason: str | None

    @classmethod
    def cut_off(cls, account_id: str, why: str) -> Self:
        """One that Stripe does not show us any more."""
        return cls(
            id=account_id,
            charges_enabled=False,
            payouts_enabled=False,
            details_submitted=False,
            takes_transfers=False,
            requirements=[],
            disabled_reason=why,
        )


@dataclass(frozen=True)
class OnboardingLink:
    url: str
    expires_at: datetime


def open_account(deployment_id: UUID, coach_id: UUID, country: str | None) -> ConnectedAccount:
    """A coach's account in a country, made once however often it is asked for.

    Raises StripeAway, StripeRefused. https://docs.stripe.com/connect/express-accounts
    """
    params: AccountCreateParams = {
        "type": "express",
        "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
        "metadata": {"deployment_id": str(deployment_id), "coach_id": str(coach_id)},
    }
    if country:
        params["country"] = country
    key = f"payout-account-{deployment_id}-{coach_id}-{country or ''}"
    return _account(api.call(lambda: api.v1().accounts.create(params, {"idempotency_key": key})))


def account(account_id: str) -> ConnectedAccount:
    """How an account stands. Raises StripeAway, StripeRefused."""
    return _account(api.call(lambda: api.v1().accounts.retrieve(account_id)))


def onboarding_link(account_id: str, refresh_url: str, return_url: str) -> OnboardingLink:
    """The page on which a coach tells Stripe who they are; good once, for minutes.

    Raises StripeAway, StripeRefused. https://docs.stripe.com/connect/hosted-onboarding
    """
    link = api.call(
        lambda: api.v1().account_links.create(
            {
                "account": account_id,
                "refresh_url": refresh_url,
                "return_url": return_url,
                "type": "account_onboarding",
                "collection_options": {"fields": "eventually_due"},
            }
        )
    )
    return OnboardingLink(link.url, datetime.fromtimestamp(link.expires_at, UTC))


def _account(found: stripe.Account) -> ConnectedAccount:
    requirements, capabilities = found.requirements, found.capabilities
    return ConnectedAccount(
        id=found.id,
        charges_enabled=bool(found.charges_enabled),
        payouts_enabled=bool(found.payouts_enabled),
        details_submitted=bool(found.details_submitted),
        takes_transfers=getattr(capabilities, "transfers", None) == "active",
        requirements=list(requirements.currently_due or []) if requirements else [],
        disabled_reason=requirements.disabled_reason if requirements else None,
    )
