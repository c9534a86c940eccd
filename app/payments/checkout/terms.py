"""The terms of a payment, copied onto it so that later changes do not affect it."""

from uuid import UUID

from app.config.settings import current_settings
from app.extensions import db
from app.money.allocation import commission_on
from app.money.money import Money
from app.payments.payouts.account import PayoutAccount


def commission(price: Money) -> Money:
    """Our commission on a price, by COMMISSION_PERCENT."""
    settings = current_settings()
    return commission_on(price, settings.commission_percent)


def destination(coach_id: UUID) -> str | None:
    """The coach's active account at Stripe for transfers; None without one."""
    settings = current_settings()
    account = db.session.get(PayoutAccount, coach_id) if settings.stripe_connect else None
    return account.stripe_account_id if account and account.is_enabled else None
