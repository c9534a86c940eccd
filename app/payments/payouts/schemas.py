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
    """Stripe's page leads back to `return_url`; a link that was used or is too old, to `refresh_url`."""

    refresh_url: RedirectUrl
    return_url: RedirectUrl
    password: Password
    """The one that you sign in with, once more: the page says where your money goes."""
    country: Country | None = None
    """ISO 3166 code of where you live, where that is not our own country; it counts the first time only."""


class OnboardingView(View):
    """Where to send the coach's browser; the link is good once, for minutes."""

    url: str
    expires_at: Instant


class PayoutAccountView(View):
    is_enabled: bool
    """Whether payments from now on go to this account."""
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    requirements: list[str]
    """What Stripe wants to know next, by its own names: the onboarding page asks for it."""
    disabled_reason: str | None

    @classmethod
    def of(cls, account: PayoutAccount) -> Self:
        found = cls.model_validate(account)
        return found.model_copy(update={"disabled_reason": account.disabled_reason or account.refusal})
