"""Coaches' connected accounts (Stripe: "Connect")."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

import stripe
from stripe.params import (
    AccountCreateParams,
    AccountCreateParamsCapabilities,
    AccountLinkCreateParams,
    AccountListParams,
)

from app.payments.events.payloads import StripeObject, metadata_of
from app.payments.stripe import client as stripe_client

KEYS = ("deployment_id", "coach_id", "order_id")
"""The metadata key that marks an account as ours."""
CLOCKS_DIFFER = timedelta(hours=1)
"""The most difference between Stripe's clock and ours."""


@dataclass(frozen=True)
class ConnectedAccount:
    id: str
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    takes_transfers: bool
    requirements: list[str]
    """What Stripe requires next, by its own names."""
    disabled_reason: str | None

    @classmethod
    def cut_off(cls, account_id: str, why: str) -> Self:
        """An account that Stripe no longer shows us."""
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


@dataclass(frozen=True)
class AccountOrder:
    """The order of an account. The same order always returns the same account."""

    deployment_id: UUID
    coach_id: UUID
    country: str | None
    """None for the country of our own account."""
    since: datetime
    """When it was first requested."""
    failures: int
    """Stripe's failures so far, which it would repeat under the same idempotency key."""
    order_id: UUID | None
    """None for an order from before orders had ids."""

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata that marks the account as ours."""
        ours = {"deployment_id": str(self.deployment_id), "coach_id": str(self.coach_id)}
        return ours | ({"order_id": str(self.order_id)} if self.order_id else {})


def open_account(order: AccountOrder) -> ConnectedAccount:
    """Create a coach's account in a country, once for each order.

    It accepts transfers, which is all that destination charges need. Some platforms need Stripe's approval
    for that: without it, the account accepts card payments too. Raises StripeAway, StripeRefused.
    https://docs.stripe.com/connect/migrate-to-controller-properties
    https://docs.stripe.com/connect/account-capabilities
    """
    try:
        return _opened(order, {"transfers": {"requested": True}}, "")
    except stripe_client.StripeRefused as error:
        if "card_payments" not in str(error):
            raise
        return _opened(
            order, {"card_payments": {"requested": True}, "transfers": {"requested": True}}, "-with-cards"
        )


def _opened(order: AccountOrder, may: AccountCreateParamsCapabilities, how: str) -> ConnectedAccount:
    params: AccountCreateParams = {
        "controller": {  # we bear fees and losses; Stripe collects requirements
            "fees": {"payer": "application"},
            "losses": {"payments": "application"},
            "requirement_collection": "stripe",
            "stripe_dashboard": {"type": "express"},
        },
        "capabilities": may,
        "metadata": order.metadata,
    }
    if order.country:
        params["country"] = order.country
    wanted = f"{order.coach_id}-{order.country or ''}-{order.failures}{how}"
    which = f"-{order.order_id}" if order.order_id else ""
    key = f"payout-account-{order.deployment_id}-{wanted}{which}"
    return stripe_client.call(
        lambda: _account(stripe_client.v1().accounts.create(params, {"idempotency_key": key}))
    )


def find_account(order: AccountOrder) -> ConnectedAccount | None:
    """Find an account that Stripe created although its answer failed. Raises StripeAway, StripeRefused."""
    since = int((order.since - CLOCKS_DIFFER).timestamp())
    listed: AccountListParams = {"created": {"gte": since}, "limit": 100}
    return stripe_client.call(
        lambda: next(
            (
                _account(made)
                for made in stripe_client.v1().accounts.list(listed).auto_paging_iter()
                if _is_of(order, metadata_of(made.to_dict()))
            ),
            None,
        )
    )


def _is_of(order: AccountOrder, metadata: StripeObject) -> bool:
    return all(metadata.get(key) == order.metadata.get(key) for key in KEYS)


def account(account_id: str) -> ConnectedAccount:
    """Fetch an account's state. Raises StripeAway, StripeRefused."""
    return stripe_client.call(lambda: _account(stripe_client.v1().accounts.retrieve(account_id)))


def onboarding_link(account_id: str, refresh_url: str, return_url: str) -> OnboardingLink:
    """Create a link to Stripe's onboarding page, valid once for a few minutes.

    Raises StripeAway, StripeRefused. https://docs.stripe.com/connect/hosted-onboarding
    """
    params: AccountLinkCreateParams = {
        "account": account_id,
        "refresh_url": refresh_url,
        "return_url": return_url,
        "type": "account_onboarding",
        "collection_options": {"fields": "eventually_due"},
    }
    return stripe_client.call(lambda: _link(stripe_client.v1().account_links.create(params)))


def _link(made: stripe.AccountLink) -> OnboardingLink:
    return OnboardingLink(made.url, datetime.fromtimestamp(made.expires_at, UTC))


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
