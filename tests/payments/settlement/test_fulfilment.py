"""What becomes of each booking that money came for."""

from datetime import timedelta

import pytest
from sqlalchemy.dialects.postgresql import Range

from app.accounts.models import Account
from app.bookings.models import Booking
from app.bookings.status import AGREED, Status
from app.coaches.models import Approval, Coach
from app.extensions import db, now
from app.payments.settlement import fulfilment

pytestmark = pytest.mark.usefixtures("app")
AT = now()
TAKES_BOOKINGS = {"hourly_rate_minor": 7500, "approval": Approval.APPROVED}


def booking(status: Status, starts_in: timedelta = timedelta(days=1), **of_coach: object) -> Booking:
    """One in memory, with a coach whom clients can book unless told otherwise."""
    coach = Coach(account=Account(email_verified_at=AT), **(TAKES_BOOKINGS | of_coach))
    start = AT + starts_in
    return Booking(status=status, coach=coach, period=Range(start, start + timedelta(hours=1)))


def refund_reasons(*bookings: Booking) -> list[str | None]:
    return [decision.refund_reason for decision in fulfilment.decide(bookings, AT)]


@pytest.mark.parametrize("status", [Status.PENDING, Status.EXPIRED])
def test_it_is_confirmed_while_its_time_is_ahead(status: Status) -> None:
    assert refund_reasons(booking(status)) == [None]


@pytest.mark.parametrize("status", sorted(AGREED))
def test_a_second_payment_goes_back(status: Status) -> None:
    assert refund_reasons(booking(status)) == [fulfilment.TWICE]


def test_it_goes_back_for_what_was_cancelled() -> None:
    assert refund_reasons(booking(Status.CANCELLED)) == ["your payment came after the booking was cancelled."]


@pytest.mark.parametrize("status", [Status.PENDING, Status.EXPIRED])
@pytest.mark.parametrize("ago", [timedelta(), timedelta(minutes=1)])
def test_it_goes_back_once_the_session_s_time_has_come(status: Status, ago: timedelta) -> None:
    assert refund_reasons(booking(status, -ago)) == ["your payment came after the session's time."]


def test_a_late_payment_goes_back_when_the_coach_takes_no_bookings() -> None:
    unlisted = {"hourly_rate_minor": None}

    (late,) = refund_reasons(booking(Status.EXPIRED, **unlisted))

    assert late
    assert "no longer accepts bookings" in late
    assert refund_reasons(booking(Status.PENDING, **unlisted)) == [None]  # the hold promised it


def test_each_booking_of_a_series_is_decided_alone_and_nothing_is_changed() -> None:
    series = [booking(Status.PENDING), booking(Status.CANCELLED), booking(Status.EXPIRED)]

    with db.session.no_autoflush:
        reasons = refund_reasons(*series)

    assert [reason is None for reason in reasons] == [True, False, True]
    assert [each.status for each in series] == [Status.PENDING, Status.CANCELLED, Status.EXPIRED]
    assert not db.session.new
