"""Money that Stripe sends on to a coach's account, and takes back from there."""

from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app.money.money import Money
from app.payments.models import Payment, Refund
from app.payments.payouts import connect as payouts_connect
from app.payments.stripe import balance as at_stripe
from tests.payments.disputes.opened_disputes import disputed, hears
from tests.payments.earnings.coach_earnings import deliver_events, earnings
from tests.payments.payouts.connected_accounts import (
    URLS,
    at_rest,
    deliver_account_events,
    figures,
    has,
    link,
    onboarded,
    paid,
    refunded,
    standing,
    stripe_finds,
)
from tests.people import Person
from tests.shop import Commission, Shop


@pytest.mark.usefixtures("connect")
def test_a_payment_goes_to_the_coach_less_our_commission_and_stripes_fee_is_ours(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    paid(shop, client, onboarded(shop, coach))

    (totals,) = earnings(coach)
    assert (totals["gross"], totals["fees"], totals["commission"], totals["net"]) == (75.0, 0.0, 7.5, 67.5)
    assert (totals["transferred"], totals["owed"]) == (67.5, 0.0)
    assert has(shop, coach) == 6750
    (payment,) = shop.rows(Payment)
    assert payment.fee_minor


@pytest.mark.usefixtures("connect")
def test_who_has_no_account_that_works_is_owed_the_money(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    link(coach)  # and never went through with it
    paid(shop, client, coach)

    (totals,) = earnings(coach)
    assert (totals["transferred"], totals["fees"], totals["owed"]) == (0.0, 1.38, 66.12)


@pytest.mark.usefixtures("connect")
@pytest.mark.parametrize(("percent", "gets"), [("0", 7500), ("100", 0)])
def test_with_no_commission_all_goes_to_the_coach_and_with_all_of_it_nothing(
    shop: Shop, client: Person, coach: Person, commission: Commission, percent: str, gets: int
) -> None:
    commission(percent)
    checkout = paid(shop, client, onboarded(shop, coach))
    assert (has(shop, coach), figures(coach)) == (gets, (gets, gets, 0))

    refunded(shop, coach, checkout, 75)

    assert (has(shop, coach), figures(coach)) == (0, (0, 0, 0))


@pytest.mark.usefixtures("connect", "unhurried")
@pytest.mark.parametrize(
    ("currency", "rate", "parts"),
    [
        ("EUR", 75, (0.31, 24.97, 49.72)),
        ("JPY", 7777, (1, 3333, 4443)),
        ("KWD", 23.45, (0.01, 11.11, 12.33)),
        ("ISK", 10_155, (1, 5077, 5077)),
    ],
)
def test_what_is_refunded_comes_back_from_the_coach_and_the_books_say_what_stripe_says(
    shop: Shop,
    client: Person,
    coach: Person,
    commission: Commission,
    currency: str,
    rate: float,
    parts: tuple[float, ...],
) -> None:
    commission("7.77")
    onboarded(shop, coach).open_for_business(currency=currency, hourly_rate=rate)
    checkout = paid(shop, client, coach)

    for part in parts:
        refunded(shop, coach, checkout, part)
        net, transferred, owed = figures(coach)
        assert transferred == has(shop, coach, currency.lower())
        assert net - transferred == owed

    assert figures(coach) == (0, 0, 0)


@pytest.mark.usefixtures("connect")
def test_what_happens_while_stripe_answers_is_asked_for_again(
    shop: Shop, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, checkout = shop.pays_for(client, onboarded(shop, coach))
    ask = at_stripe.sent_on

    def refunded_meanwhile(intent_id: str, again: list[str]) -> Money | None:
        answer = ask(intent_id, again)
        monkeypatch.setattr(at_stripe, "sent_on", ask)
        refunded(shop, coach, checkout, 50)
        return answer

    monkeypatch.setattr(at_stripe, "sent_on", refunded_meanwhile)
    shop.settles(checkout)
    at_rest(shop)

    assert figures(coach) == (2500, has(shop, coach), 0)


@pytest.mark.usefixtures("connect")
def test_cancelling_one_session_of_a_series_takes_back_its_share(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    onboarded(shop, coach)
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))
    shop.settles(checkout)

    coach.post(f"/booking/{series['items'][1]['id']}/cancel", json={})
    at_rest(shop)

    assert (has(shop, coach), figures(coach)) == (13500, (13500, 13500, 0))


@pytest.mark.usefixtures("connect")
def test_what_was_refunded_in_the_dashboard_and_left_with_the_coach_the_coach_owes_us(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))

    deliver_events(shop, shop.refunds_by_hand(checkout, 5000))
    at_rest(shop)

    assert has(shop, coach) == 6750
    assert figures(coach) == (2250, 6750, -4500)


@pytest.mark.usefixtures("connect")
def test_a_refund_that_fails_later_leaves_us_owing_what_came_back_from_the_coach(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))
    refunded(shop, coach, checkout, 75)
    (refund,) = shop.rows(Refund)

    shop.sandbox.control(f"/refunds/{refund.stripe_refund_id}/status", status="failed")
    deliver_events(shop, shop.events(checkout, "refund."))
    at_rest(shop)

    net, transferred, owed = figures(coach)
    assert (net, transferred) == (6750, has(shop, coach))
    assert owed == net - transferred


@pytest.mark.usefixtures("connect")
def test_what_a_dispute_takes_from_us_the_coach_owes_us(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))

    disputed(shop, client, checkout)
    hears(shop, checkout)

    assert figures(coach) == (0, 6750, -6750)


@pytest.mark.usefixtures("connect")
def test_an_account_that_stopped_working_gets_nothing_more(shop: Shop, client: Person, coach: Person) -> None:
    onboarded(shop, coach)
    deliver_account_events(shop, coach, stripe_finds(shop, coach, "restricted"))

    paid(shop, client, coach)

    assert figures(coach) == (7362, 0, 7362)


@pytest.mark.usefixtures("connect")
def test_one_that_stopped_working_unheard_is_found_out_and_the_client_pays_all_the_same(
    shop: Shop, client: Person, coach: Person
) -> None:
    onboarded(shop, coach)
    stripe_finds(shop, coach, "restricted")  # and we have not heard of it
    booking = client.books(coach)
    wish = {"booking_id": booking["id"], "success_url": URLS["return_url"], "cancel_url": URLS["return_url"]}

    checkout = client.post("/payment/checkout", json=wish).json()
    shop.deliver_event(shop.paid(checkout))
    assert shop.work(payouts_connect.DUE.ids, 10) == [UUID(coach.id)]
    shop.work(payouts_connect.look_up, UUID(coach.id))

    assert not standing(coach)["is_enabled"]
    assert client.booking(booking)["status"] == "confirmed"
    assert figures(coach) == (7500, 0, 7500)


@pytest.mark.usefixtures("connect")
def test_the_statement_shows_what_was_transferred(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    paid(shop, client, onboarded(shop, coach))

    month = f"{shop.rows(Payment)[0].created_at.astimezone(ZoneInfo('Europe/Paris')):%Y-%m}"
    found = coach.get(f"/coach/me/statement/{month}").json()

    assert [(line["kind"], line["amount"]) for line in found["lines"]] == [
        ("payment", 75.0),
        ("commission", -7.5),
        ("transfer", -67.5),
    ]
    (totals,) = found["totals"]
    assert (totals["transferred"], totals["owed"], totals["closing"]) == (67.5, 0.0, 0.0)
