"""Which of the payment methods that Stripe's dashboard has on are not offered for a session.

https://docs.stripe.com/payments/vouchers and https://docs.stripe.com/payments/bank-transfers
"""

from collections.abc import Sequence
from datetime import timedelta

from app.config.settings import current_settings

VOUCHERS = ("boleto", "konbini", "multibanco", "oxxo")
"""The payer gets a number to pay under within days, and need never pay: the time is held all the while."""
TRANSFERS = ("customer_balance",)
"""The payer sends money whenever they like: no day comes after which the time is free again."""


def excluded(ahead: timedelta) -> Sequence[str]:
    """What nobody may pay with for a session that is so far ahead."""
    days = current_settings().voucher_days_ahead
    takes_vouchers = days is not None and ahead >= timedelta(days=days)
    return TRANSFERS if takes_vouchers else TRANSFERS + VOUCHERS
