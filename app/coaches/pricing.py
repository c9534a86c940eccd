"""Prices of sessions, checked against what Stripe accepts."""

from decimal import Decimal

from app.coaches.models import Coach
from app.coaches.schemas import CoachChange, PriceOfLength
from app.http.problems import Faults, Invalid
from app.money.money import BadAmount, Money


def price(coach: Coach, duration_minutes: int, place: str = "/duration_minutes") -> Money:
    """The price of one session of an offered length.

    Raises Invalid, at `place`, for a length that is not offered or a price that Stripe refuses.
    """
    found = coach.price_of(duration_minutes)
    if duration_minutes not in coach.durations or found is None:
        offered = ", ".join(str(minutes) for minutes in sorted(coach.durations))
        raise Invalid(place, f"must be a length that {coach.name} offers: {offered or 'none yet'}")
    try:
        found.check_chargeable()
    except BadAmount as error:  # saved before this limit of Stripe's was checked
        raise Invalid(
            place, f"costs {found}, which {error}: choose a longer session, or ask the coach"
        ) from None
    return found


def change(coach: Coach, wish: CoachChange) -> None:
    """Change rate, currency and prices. Raises Invalid if Stripe would refuse to charge one of them."""
    faults = Faults()
    with faults.gathered():
        _change_currency(coach, wish)
    if wish.hourly_rate is not None:
        with faults.gathered():
            coach.hourly_rate_minor = _amount("/hourly_rate", wish.hourly_rate, coach.currency)
    if wish.prices is not None:
        with faults.gathered():
            coach.prices_minor = _own_prices(wish.prices, coach)
    faults.check()  # the checks below need valid values
    with faults.gathered():
        _check_lengths(coach)
    with faults.gathered():
        _check_rate(coach)
    faults.check()


def _change_currency(coach: Coach, wish: CoachChange) -> None:
    if wish.currency and wish.currency != coach.currency:
        if coach.hourly_rate and wish.hourly_rate is None:
            raise Invalid("/currency", "changes: send the hourly_rate in the new currency as well")
        if coach.prices_minor and wish.prices is None:
            raise Invalid("/currency", "changes: send the prices in the new currency as well")
        coach.currency = wish.currency


def _own_prices(wishes: list[PriceOfLength], coach: Coach) -> dict[str, int]:
    faults, found = Faults(), dict[str, int]()
    for index, wish in enumerate(wishes):
        pointer, length = f"/prices/{index}", str(wish.duration_minutes)
        with faults.gathered():
            if wish.duration_minutes not in coach.durations:
                raise Invalid(f"{pointer}/duration_minutes", "must be one of the lengths offered")
            if length in found:
                raise Invalid(f"{pointer}/duration_minutes", "occurs twice: give one price for each length")
        with faults.gathered():
            found[length] = _amount(f"{pointer}/amount", wish.amount, coach.currency)
            _check_chargeable(f"{pointer}/amount", Money(found[length], coach.currency))
    faults.check()
    return found


def _amount(pointer: str, major: Decimal, currency: str) -> int:
    try:
        return Money.of(major, currency).amount
    except BadAmount as error:
        raise Invalid(pointer, str(error)) from None


def _check_chargeable(pointer: str, price: Money, remark: str = "") -> None:
    try:
        price.check_chargeable()
    except BadAmount as error:
        raise Invalid(pointer, f"{error}{remark}") from None


def _check_lengths(coach: Coach) -> None:
    gone = sorted(coach.own_prices.keys() - set(coach.durations))
    if gone:
        lengths = ", ".join(str(minutes) for minutes in gone)
        raise Invalid(
            "/durations", f"must keep {lengths} minutes, which have prices: or send prices without them"
        )


def _check_rate(coach: Coach) -> None:
    """Check that Stripe accepts the hourly rate's price of each length without a price of its own."""
    if coach.hourly_rate:
        lengths = set(coach.durations) - coach.own_prices.keys() or {60}
        for minutes in (min(lengths), max(lengths)):
            remark = f" for the session of {minutes} minutes"
            _check_chargeable("/hourly_rate", coach.hourly_rate.for_minutes(minutes), remark)
