"""Allocation of money: commission, and shares that always sum to the whole."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from app.money.money import Money, smallest_step


def commission_on(price: Money, percent: Decimal) -> Money:
    """The commission on a price, rounded half up to a payable amount; never more than the price.

    Payable steps: a cent of EUR, a yen of JPY, ten fils of KWD, one krona of ISK (100 at Stripe).
    """
    step = smallest_step(price.currency)
    steps = (price.amount * percent / (100 * step)).quantize(Decimal(1), ROUND_HALF_UP)
    return Money(min(int(steps) * step, price.amount), price.currency)


def in_proportion(whole: int, part: int, of: int, step: int) -> int:
    """The share of `whole` for `part` of `of`, rounded half up to a multiple of `step`; at most `whole`.

    0 for a `part` of 0 and `whole` for `part == of`, so cumulative shares end exactly at the whole.
    """
    if part >= of:
        return whole
    return min((2 * whole * part + of * step) // (2 * of * step) * step, whole)


def split(whole: int, weights: Sequence[int], step: int = 1) -> list[int]:
    """Split the whole by weight into multiples of `step`, with the largest remainder method.

    The shares sum to the whole exactly. Of equal remainders the first comes first; an amount below one step
    goes to the first share.
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
