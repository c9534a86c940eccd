"""Of a series each session has its own share of what is earned, refunded and kept as commission."""

from datetime import timedelta

from app.payments.ledger.posting import Entry
from app.payments.models import Refund
from app.payments.refunds import submission
from tests.payments.earnings.coach_earnings import deliver_events, earnings, fee_of, figures, of_each_booking
from tests.people import Person, next_week
from tests.shop import Commission, Shop


def test_the_shares_of_a_series_sum_exactly(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("3.33")
    series = client.books_series(coach, sessions=7)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))
    shop.settles(checkout)

    fee, ours = of_each_booking(shop, "fee"), of_each_booking(shop, "commission")
    assert set(fee) == set(ours) == {booking["id"] for booking in series["items"]}
    assert fee.total() == -fee_of(shop, checkout)
    assert ours.total() == -1748  # of 525.00, 17.4825 rounded
    assert max(fee.values()) - min(fee.values()) <= 1


def test_a_cancelled_session_of_a_series_costs_no_commission(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("3.33")
    series = client.books_series(coach)
    shop.deliver_event(shop.paid(client.checks_out(series)))
    first = series["items"][0]["id"]

    coach.post(f"/booking/{first}/cancel", json={})
    shop.work(submission.issue, shop.rows(Refund)[0].id)

    (totals,) = earnings(coach, booking_id=first)
    assert figures(totals) == (7500, 7500, 0, 0, 0, 0)


def test_what_went_back_for_a_series_by_hand_counts_for_none_of_its_sessions(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))

    deliver_events(shop, shop.refunds_by_hand(checkout, 2500))
    assert figures(*earnings(coach)) == (22500, 2500, 0, 0, 2000, 18000)
    assert figures(*earnings(coach, booking_id=series["items"][0]["id"])) == (7500, 0, 0, 0, 750, 6750)

    deliver_events(shop, shop.refunds_by_hand(checkout))
    assert figures(*earnings(coach)) == (22500, 22500, 0, 0, 0, 0)


def test_a_series_that_changes_its_order_keeps_each_share_of_an_odd_fee(
    shop: Shop, client: Person, coach: Person
) -> None:
    coach.open_for_business(hourly_rate=76)
    series = client.books_series(coach, sessions=2)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))
    shop.settles(checkout)
    before = of_each_booking(shop, "fee")
    assert fee_of(shop, checkout) % 2 == 1

    move = {"session_datetime": (next_week() + timedelta(weeks=3)).isoformat()}
    first = series["items"][0]["id"]
    assert client.post(f"/booking/{first}/reschedule", json=move).status_code == 200
    deliver_events(shop, shop.refunds_by_hand(checkout, 100))

    assert of_each_booking(shop, "fee") == before
    assert sum(entry.kind == "fee" for entry in shop.rows(Entry)) == 2
