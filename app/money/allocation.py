"""Money in parts: commission, and shares that always sum to the whole."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from app.money.money import Money, smallest_step


def commission_on(price: Money, percent: Decimal) -> Money:
    """Our part of a price, rounded half up to what its currency can be paid in; never more than the price.

    That is a cent of EUR, a unit of JPY, ten fils of KWD, and of ISK one krona, which Stripe counts as 100.
    """
    step = smallest_step(price.currency)
    steps = (price.amount * percent / (100 * step)).quantize(Decimal(1), ROUND_HALF_UP)
    return Money(min(int(steps) * step, price.amount), price.currency)


def in_proportion(whole: int, part: int, of: int, step: int) -> int:
    """What of `whole` belongs to `part` of `of`, rounded half up to a multiple of `step`; never more than it.

    Nothing of nothing, and all of all: whoever takes part after part has taken just the whole at the end.
    """
    if part >= of:
        return whole
    return min((2 * whole * part + of * step) // (2 * of * step) * step, whole)


def split(whole: int, weights: Sequence[int], step: int = 1) -> list[int]:
    """The whole in multiples of `step`, by weight: the largest remainders get what rounding down left over.

    The shares sum to the whole to the last minor unit. Of equal remainders the first is served first, and
    what is less than a step goes to the first as well.
    """
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    steps = whole // step
    shares = [steps * weight // total for weight in weights]
    remainders = [steps * weight % total for weight in weights]
    left_over = steps - sum(shares)
    for index in sorted(range(len(weights)), key=lambda index: -remainders[index])[:left_over]:
        shares[index] += 1
    shares = [share * step for share in shares]
    shares[0] += whole - sum(shares)
    return shares
