"""Payment methods that are not offered, even if Stripe's dashboard enables them.

https://docs.stripe.com/payments/vouchers and https://docs.stripe.com/payments/bank-transfers
"""

from collections.abc import Sequence
from datetime import timedelta

from app.config.settings import current_settings

VOUCHERS = ("boleto", "konbini", "multibanco", "oxxo")
"""Vouchers: the payer may pay within days, or never, while the time is held."""
TRANSFERS = ("customer_balance",)
"""Bank transfers: the payer may pay at any time, so the hold has no end."""


def excluded(ahead: timedelta) -> Sequence[str]:
    """The methods to exclude for a session this far ahead."""
    days = current_settings().voucher_days_ahead
    takes_vouchers = days is not None and ahead >= timedelta(days=days)
    return TRANSFERS if takes_vouchers else TRANSFERS + VOUCHERS
