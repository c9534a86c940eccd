"""Allocation of money: shares that always sum to the whole."""

from collections.abc import Sequence


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
