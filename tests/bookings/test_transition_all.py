"""One statement writes for many bookings what `transition_to` writes for each."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.bookings.models import Booking, BookingTransition
from app.bookings.status import Status
from app.extensions import db, now
from app.transitions import IllegalTransition
from tests.bookings.paid_bookings import paid
from tests.people import Person, next_week
from tests.shop import Shop

OF_ITS_OWN = {"id", "booking_id", "created_at", "updated_at", "payment_id", "period", "busy"}
ALL = select(Booking.id).order_by(Booking.id).with_for_update()


def columns(row: Any) -> dict[str, Any]:
    """Those that are the same for two bookings of one client with one coach."""
    return {name: getattr(row, name) for name in set(row.__table__.columns.keys()) - OF_ITS_OWN}


@pytest.fixture
def twins(shop: Shop, client: Person, coach: Person) -> list[UUID]:
    """Two confirmed bookings."""
    ids = [UUID(paid(shop, client, coach, next_week(hour))) for hour in (10, 15)]
    db.session.execute(update(Booking).values(next_reminder_at=now() + timedelta(days=3)))
    db.session.commit()
    return ids


def last_transition(booking_id: UUID) -> BookingTransition:
    of_it = select(BookingTransition).where(BookingTransition.booking_id == booking_id)
    return db.session.scalars(of_it.order_by(BookingTransition.created_at.desc())).all()[0]


def test_it_writes_the_same_rows_as_transition_to(twins: list[UUID]) -> None:
    one, other = twins
    db.session.get_one(Booking, one).transition_to(Status.COMPLETED, "a day has passed")
    db.session.commit()
    which = ALL.where(Booking.id == other)

    assert Booking.transition_all(which, Status.CONFIRMED, Status.COMPLETED, "a day has passed") == 1

    db.session.commit()
    db.session.expire_all()
    pair = [db.session.get_one(Booking, each) for each in twins]
    assert columns(pair[0]) == columns(pair[1])
    assert pair[0].status is Status.COMPLETED
    assert columns(last_transition(one)) == columns(last_transition(other))
    assert all(now() - each.updated_at < timedelta(minutes=1) for each in pair)


def test_each_booking_has_an_audit_row_of_its_own(twins: list[UUID]) -> None:
    assert Booking.transition_all(ALL, Status.CONFIRMED, Status.COMPLETED, "over") == 2

    completed = db.session.scalars(
        select(BookingTransition).where(BookingTransition.after == Status.COMPLETED)
    ).all()
    assert {row.booking_id for row in completed} == set(twins)
    assert len({row.id for row in completed}) == 2


def test_of_another_status_it_leaves_all_as_it_is(twins: list[UUID]) -> None:
    db.session.get_one(Booking, twins[0]).transition_to(Status.CANCELLED)
    db.session.commit()

    assert Booking.transition_all(ALL, Status.CONFIRMED, Status.COMPLETED, "over") == 1

    assert last_transition(twins[0]).after is Status.CANCELLED


def test_it_refuses_what_the_table_does_not_list(twins: list[UUID]) -> None:
    with pytest.raises(IllegalTransition):
        Booking.transition_all(ALL, Status.CONFIRMED, Status.EXPIRED, "over")
