import re
from typing import Annotated, Self

from pydantic import AfterValidator, WithJsonSchema

from app.accounts.schemas import Password
from app.http.return_urls import RedirectUrl
from app.http.schema_types import Body, Instant, View
from app.payments.payouts.account import PayoutAccount


def _country(code: str) -> str:
    if not re.fullmatch("[A-Z]{2}", code):
        raise ValueError("must be the two upper-case letters of a country, such as DE")
    return code


Country = Annotated[
    str, AfterValidator(_country), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}$"})
]


class OnboardingRequest(Body):
    """Stripe redirects to `return_url` afterwards, or to `refresh_url` if the link no longer works."""

    refresh_url: RedirectUrl
    return_url: RedirectUrl
    password: Password
    """Your password: the page determines where your money goes."""
    country: Country | None = None
    """ISO 3166 code of your country, if it is not ours. Only the first request uses it."""


class OnboardingView(View):
    """Where to send the coach's browser. The link works once, for a few minutes."""

    url: str
    expires_at: Instant


class PayoutAccountView(View):
    is_enabled: bool
    """Whether new payments go to this account."""
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    requirements: list[str]
    """What Stripe requires next, by Stripe's names. The onboarding page asks for it."""
    disabled_reason: str | None

    @classmethod
    def of(cls, account: PayoutAccount) -> Self:
        found = cls.model_validate(account)
        return found.model_copy(update={"disabled_reason": account.disabled_reason or account.refusal})
