"""Commission: the platform's part of each payment. The coach bears it.

The rate is COMMISSION_PERCENT at the time when the payment is created (`Payment.commission_minor` keeps the
amount). With a transfer to the coach's account it is Stripe's application fee; without one it is deducted
from what the coach is owed. Refunds and lost disputes return it in proportion.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from app.config.settings import current_settings
from app.money.allocation import in_proportion, split
from app.money.money import Money, smallest_step


def current_commission(price: Money) -> Money:
    """The commission on a new payment."""
    settings = current_settings()
    return commission_on(price, settings.commission_percent)


def commission_on(price: Money, percent: Decimal) -> Money:
    """The commission on a price, rounded half up to a payable amount; never more than the price.

    Payable steps: a cent of EUR, a yen of JPY, ten fils of KWD, one krona of ISK (100 at Stripe).
    """
    step = smallest_step(price.currency)
    steps = (price.amount * percent / (100 * step)).quantize(Decimal(1), ROUND_HALF_UP)
    return Money(min(int(steps) * step, price.amount), price.currency)


def commission_after_returns(
    whole: Money, shares: Mapping[UUID, int], returned: Mapping[UUID | None, int]
) -> dict[UUID | None, int]:
    """The commission by booking, reduced in proportion to returned money.

    `shares` is what was paid for each booking, `returned` what the client got back of it. Each booking has a
    share of the commission, which `in_proportion` reduces. Money returned for no booking in particular (None)
    reduces the rest in proportion, as an amount without booking.
    """
    step, bookings = smallest_step(whole.currency), list(shares)
    of_each = split(whole.amount, list(shares.values()), step)
    kept: dict[UUID | None, int] = {
        booking: amount - in_proportion(amount, returned.get(booking, 0), shares[booking], step)
        for booking, amount in zip(bookings, of_each, strict=True)
    }
    left = sum(max(0, shares[booking] - returned.get(booking, 0)) for booking in bookings)
    return {**kept, None: -in_proportion(sum(kept.values()), returned.get(None, 0), left, step)}
