"""The terms that a payment is made on: copied onto it, so that later changes do not rewrite the past."""

from uuid import UUID

from app.config.settings import current_settings
from app.extensions import db
from app.money.allocation import commission_on
from app.money.money import Money
from app.payments.payouts.account import PayoutAccount


def commission(price: Money) -> Money:
    """Our part of a price, by COMMISSION_PERCENT."""
    settings = current_settings()
    return commission_on(price, settings.commission_percent)


def destination(coach_id: UUID) -> str | None:
    """The coach's account at Stripe that payments are sent on to; None where there is none that works."""
    settings = current_settings()
    account = db.session.get(PayoutAccount, coach_id) if settings.stripe_connect else None
    return account.stripe_account_id if account and account.is_enabled else None
