"""What may follow what."""

import pytest

from app.bookings import status as bookings
from app.payments import status as payments
from app.payments.status import PAID, Status
from app.transitions import IllegalTransition


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
def test_a_payment_moves_only_as_the_table_says(before: Status, after: Status) -> None:
    if after in payments.TRANSITIONS[before]:
        payments.check_transition(before, after)
    else:
        with pytest.raises(IllegalTransition, match=f"{before} cannot become {after}"):
            payments.check_transition(before, after)


def test_money_that_came_is_never_unsaid() -> None:
    for paid in PAID:
        assert payments.TRANSITIONS[paid] <= PAID
    for unpaid in set(Status) - PAID:
        assert Status.SUCCEEDED in payments.TRANSITIONS[unpaid]


def test_a_booking_that_is_over_moves_no_more() -> None:
    over = {bookings.Status.COMPLETED, bookings.Status.NO_SHOW, bookings.Status.CANCELLED}

    assert {before for before, after in bookings.TRANSITIONS.items() if not after} == over


def test_a_booking_is_confirmed_when_it_is_paid_in_time_or_late() -> None:
    before = {before for before, after in bookings.TRANSITIONS.items() if bookings.Status.CONFIRMED in after}

    assert before == {bookings.Status.PENDING, bookings.Status.EXPIRED}


@pytest.mark.parametrize("before", bookings.Status)
def test_nothing_becomes_pending_again(before: bookings.Status) -> None:
    with pytest.raises(IllegalTransition):
        bookings.check_transition(before, bookings.Status.PENDING)
