"""Accounts of coaches at Stripe, connected to ours (Stripe: "Connect")."""

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
"""Of the metadata by which an account is known as ours."""
CLOCKS_DIFFER = timedelta(hours=1)
"""Stripe's from ours, at most."""


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


@dataclass(frozen=True)
class AccountOrder:
    """What account is to be opened. The same order always gives the same account."""

    deployment_id: UUID
    coach_id: UUID
    country: str | None
    """None for the country of our own account."""
    since: datetime
    """When it was wanted first."""
    failures: int
    """How often Stripe broke or refused: it would again under the same idempotency key."""
    order_id: UUID | None
    """None of an order from before they had ids."""

    @property
    def metadata(self) -> dict[str, str]:
        """What Stripe keeps beside the account, by which it is known as ours."""
        ours = {"deployment_id": str(self.deployment_id), "coach_id": str(self.coach_id)}
        return ours | ({"order_id": str(self.order_id)} if self.order_id else {})


def open_account(order: AccountOrder) -> ConnectedAccount:
    """A coach's account in a country, made once however often it is asked for.

    It takes transfers, which is all that destination charges want. Stripe wants an approval for that of some
    platforms: without one, the account may take card payments too. Raises StripeAway, StripeRefused.
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
        "controller": {  # we bear fees and losses, Stripe asks the coach, who has its small dashboard
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
    """The one that Stripe made although it broke in answering. Raises StripeAway, StripeRefused."""
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
    """How an account stands. Raises StripeAway, StripeRefused."""
    return stripe_client.call(lambda: _account(stripe_client.v1().accounts.retrieve(account_id)))


def onboarding_link(account_id: str, refresh_url: str, return_url: str) -> OnboardingLink:
    """The page on which a coach tells Stripe who they are; good once, for minutes.

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
