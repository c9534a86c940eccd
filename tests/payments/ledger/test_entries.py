"""What the books say of a payment, against what went in and out, in currencies of every kind."""

from collections import Counter
from decimal import Decimal
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from app.money.allocation import in_proportion, split
from app.money.money import Money, smallest_step
from app.payments.commission import commission_on
from app.payments.ledger.entries import Kind, Outflow, PaymentPosition, StripeFee, amounts

CURRENCIES = ["EUR", "JPY", "KWD", "ISK", "HUF"]
PAYMENT = UUID(int=0)


@st.composite
def payments(draw: st.DrawFn) -> PaymentPosition:
    """A payment for some bookings, of which parts went back: named, for nobody in particular, by disputes."""
    currency = draw(st.sampled_from(CURRENCIES))
    step = smallest_step(currency)
    prices = draw(st.lists(st.integers(1, 5000), min_size=1, max_size=6))
    shares = {UUID(int=place + 1): price * step for place, price in enumerate(prices)}
    total = Money(sum(shares.values()), currency)
    commission = commission_on(total, draw(st.decimals(0, 100, places=2)))
    left, gone = total.amount // step, []
    for _ in range(draw(st.integers(0, 5))):
        booking = draw(st.sampled_from([None, *shares]))
        kind = draw(st.sampled_from([Kind.REFUND, Kind.REFUND, Kind.DISPUTE]))
        amount = draw(st.integers(0, left)) * step
        left -= amount // step
        gone.append(Outflow(kind, uuid4(), booking, amount))
    if draw(st.booleans()):
        gone.append(Outflow(Kind.REFUND, uuid4(), None, left * step))
    fee = st.builds(Money, st.integers(-999, 9999), st.sampled_from([currency, "USD"]))
    kept = draw(st.lists(st.builds(StripeFee, st.just(PAYMENT) | st.builds(uuid4), fee), max_size=3))
    return PaymentPosition(
        PAYMENT, currency, shares, commission.amount, kept, draw(st.integers(-9999, 9999)), gone
    )


def summed(paid: PaymentPosition, kind: Kind) -> int:
    return sum(amount for item, amount in amounts(paid).items() if item.kind is kind)


@given(payments())
def test_the_books_hold_what_came_in_and_what_went_out_to_the_last_minor_unit(paid: PaymentPosition) -> None:
    went_out = Counter({kind: -sum(gone.amount for gone in paid.gone if gone.kind is kind) for kind in Kind})

    assert summed(paid, Kind.PAYMENT) == sum(paid.shares.values())
    assert summed(paid, Kind.REFUND) == went_out[Kind.REFUND]
    assert summed(paid, Kind.DISPUTE) == went_out[Kind.DISPUTE]
    assert summed(paid, Kind.TRANSFER) == -paid.sent_on
    assert summed(paid, Kind.FEE) == -sum(kept.fee.amount for kept in paid.kept)


@given(payments())
def test_commission_is_ours_for_what_stayed_and_payable_in_its_currency(paid: PaymentPosition) -> None:
    commission, step = -summed(paid, Kind.COMMISSION), smallest_step(paid.currency)
    captured, gone = sum(paid.shares.values()), sum(each.amount for each in paid.gone)

    assert 0 <= commission <= paid.commission
    assert commission % step == 0
    if gone == 0:
        assert commission == paid.commission
    if gone == captured and not overdrawn(paid):
        assert commission == 0


@given(payments())
def test_commission_is_in_proportion_within_a_step_a_booking(paid: PaymentPosition) -> None:
    if overdrawn(paid):
        return
    captured, gone = sum(paid.shares.values()), sum(each.amount for each in paid.gone)
    in_full = Decimal(paid.commission) * (captured - gone) / captured

    off = abs(-summed(paid, Kind.COMMISSION) - in_full)

    assert off <= 2 * smallest_step(paid.currency) * len(paid.shares)


def overdrawn(paid: PaymentPosition) -> bool:
    """Whether more went back for a booking than was paid for it: then its commission is back, and no more."""
    named: Counter[UUID | None] = Counter()
    for gone in paid.gone:
        named[gone.booking_id] += gone.amount
    return any(named[booking] > share for booking, share in paid.shares.items())


@given(payments())
def test_a_session_that_was_refunded_in_full_costs_no_commission(paid: PaymentPosition) -> None:
    booking, share = next(iter(paid.shares.items()))
    whole = [Outflow(Kind.REFUND, uuid4(), booking, share)]

    found = amounts(PaymentPosition(PAYMENT, paid.currency, paid.shares, paid.commission, [], 0, whole))

    of_booking = [
        amount for item, amount in found.items() if (item.kind, item.booking_id) == (Kind.COMMISSION, booking)
    ]
    assert sum(of_booking) == 0


@given(
    st.integers(-10_000, 10_000_000),
    st.lists(st.integers(0, 9999), min_size=1),
    st.sampled_from([1, 10, 100]),
)
def test_shares_sum_to_the_whole_and_are_fair(whole: int, weights: list[int], step: int) -> None:
    if sum(weights) == 0:
        return
    shares = split(whole, weights, step)

    assert sum(shares) == whole
    for share, weight in list(zip(shares, weights, strict=True))[1:]:
        assert abs(share - whole * weight / sum(weights)) < 2 * step


@given(st.integers(0, 9999), st.lists(st.integers(1, 999), min_size=1), st.sampled_from([1, 10, 100]))
def test_taken_part_after_part_just_the_whole_is_taken(whole: int, parts: list[int], step: int) -> None:
    of = sum(parts)
    taken = [in_proportion(whole * step, sum(parts[:count]), of, step) for count in range(len(parts) + 1)]

    assert taken == sorted(taken)
    assert (taken[0], taken[-1]) == (0, whole * step)
