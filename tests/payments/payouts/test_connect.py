"""Coaches with an account of their own at Stripe: opened, looked after, paid into, and paid back from."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.config.settings import Environment, settings_of
from app.extensions import db
from app.money.money import Money
from app.payments.events.models import StripeEvent
from app.payments.ledger import stripe_fees
from app.payments.models import Payment, Refund
from app.payments.payouts import connect as payouts_connect
from app.payments.payouts.account import PayoutAccount
from app.payments.refunds import submission
from app.payments.stripe import balance as at_stripe
from tests.payments.disputes.opened_disputes import disputed, hears
from tests.payments.earnings.test_totals import earnings, tell
from tests.people import PASSWORD, Checkout, Person
from tests.shop import Shop

Commission = Callable[[str], None]
URLS = {
    "refresh_url": "https://example.com/again",
    "return_url": "https://example.com/payouts",
    "password": PASSWORD,
}


@pytest.fixture
def connect(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """As STRIPE_CONNECT=true."""
    on = settings_of(app).model_copy(update={"stripe_connect": True})
    monkeypatch.setitem(app.extensions, "settings", on)


@pytest.fixture
def unhurried(shop: Shop) -> Iterator[None]:
    """Nothing is settled by itself, so that no settling comes between two looks at the books."""
    shop.sandbox.control("/pace", settle_after=None)
    yield
    shop.sandbox.control("/pace", settle_after=0.5)


def link(coach: Person, **more: str) -> dict[str, Any]:
    answer = coach.post("/coach/me/payout-account", json=URLS | more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def account_id(shop: Shop, coach: Person) -> str:
    (row,) = [each for each in shop.rows(PayoutAccount) if str(each.id) == coach.id]
    assert row.stripe_account_id
    return row.stripe_account_id


def standing(coach: Person) -> dict[str, Any]:
    answer = coach.get("/coach/me/payout-account")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def stripe_finds(shop: Shop, coach: Person, how: str) -> list[dict[str, Any]]:
    """Stripe looks at a coach's account and finds it so; what it says of it, still on its way."""
    account = account_id(shop, coach)
    shop.sandbox.control(f"/accounts/{account}/onboarding", standing=how)
    key = {"Authorization": "Bearer sk_test_sandbox", "Stripe-Account": account}
    answer = shop.sandbox.http.get(f"{shop.sandbox.stripe_url}/v1/events", headers=key)
    events: list[dict[str, Any]] = answer.raise_for_status().json()["data"]
    return events[::-1]


def told_of(shop: Shop, coach: Person, events: list[dict[str, Any]]) -> None:
    tell(shop, events)
    shop.work(payouts_connect.look_up, UUID(coach.id))


def onboarded(shop: Shop, coach: Person, **more: str) -> Person:
    """A coach whom Stripe pays out to."""
    link(coach, **more)
    told_of(shop, coach, stripe_finds(shop, coach, "complete"))
    return coach


def at_rest(shop: Shop) -> None:
    """Refunds are issued, and Stripe is asked for all that is due to be asked."""
    for refund in shop.rows(Refund):
        shop.work(submission.issue, refund.id)
    for payment_id in shop.work(stripe_fees.due, 10):
        shop.work(stripe_fees.look_up, payment_id)


def paid(shop: Shop, client: Person, coach: Person) -> Checkout:
    _, checkout = shop.pays_for(client, coach)
    shop.settles(checkout)
    return checkout


def refunded(shop: Shop, client_or_coach: Person, checkout: Checkout, amount: float) -> None:
    path = f"/payment/{checkout['payment_id']}/refund"
    answer = client_or_coach.post(path, json={"amount": amount, "reason": "a part"})
    assert answer.status_code == 202, answer.text
    at_rest(shop)


def has(shop: Shop, coach: Person, currency: str = "eur") -> int:
    """What a coach's own account at Stripe gained, in minor units."""
    books = shop.sandbox.http.get(f"{shop.sandbox.stripe_url}/_sandbox/ledger").raise_for_status().json()
    gained: int = books["accounts"][account_id(shop, coach)].get(currency, {"net": 0})["net"]
    return gained


def figures(coach: Person) -> tuple[int, ...]:
    """Net, transferred, owed."""
    (totals,) = earnings(coach)
    return tuple(totals[f"{name}_minor"] for name in ("net", "transferred", "owed"))


def test_unless_it_is_switched_on_nobody_has_an_account(shop: Shop, client: Person, coach: Person) -> None:
    path, off = "/coach/me/payout-account", "/problems/payouts-off"

    assert [each.json()["type"] for each in (coach.post(path, json=URLS), coach.get(path))] == [off] * 2
    shop.pays_for(client, coach)
    assert figures(coach) == (7500, 0, 7500)


@pytest.mark.usefixtures("connect")
def test_the_account_is_opened_once_and_each_link_is_a_new_one(shop: Shop, coach: Person) -> None:
    first, second = link(coach), link(coach)

    assert first["url"] != second["url"]
    assert shop.sandbox.http.get(second["url"]).status_code == 200
    accounts = shop.at_stripe("/v1/accounts?limit=100")["data"]
    (mine,) = [each for each in accounts if each["metadata"].get("coach_id") == coach.id]
    assert mine["id"] == account_id(shop, coach)
    assert mine["controller"]["stripe_dashboard"]["type"] == "express"
    assert mine["controller"]["fees"]["payer"] == mine["controller"]["losses"]["payments"] == "application"
    assert list(mine["capabilities"]) == ["transfers"]


@pytest.mark.usefixtures("connect")
def test_opened_by_an_answer_that_was_lost_it_is_the_same_account(shop: Shop, coach: Person) -> None:
    shop.sandbox.control("/faults", path="/v1/accounts", close_connection=True, after_work=True, times=3)
    assert coach.post("/coach/me/payout-account", json=URLS).status_code == 503

    link(coach)

    accounts = shop.at_stripe("/v1/accounts?limit=100")["data"]
    assert [each["metadata"].get("coach_id") for each in accounts].count(coach.id) == 1


@pytest.mark.usefixtures("connect")
@pytest.mark.parametrize("made", [False, True], ids=["before it made it", "after"])
def test_when_stripe_breaks_the_next_try_opens_it_and_there_is_one(
    shop: Shop, coach: Person, made: bool
) -> None:
    shop.sandbox.control("/faults", path="/v1/accounts", method="POST", status=500, after_work=made)
    assert coach.post("/coach/me/payout-account", json=URLS).status_code == 503
    assert coach.get("/coach/me/payout-account").status_code == 404

    link(coach)

    accounts = shop.at_stripe("/v1/accounts?limit=100")["data"]
    assert [each["metadata"].get("coach_id") for each in accounts].count(coach.id) == 1


@pytest.mark.usefixtures("connect")
def test_after_a_refusal_that_stripe_repeats_another_try_is_another_order(shop: Shop, coach: Person) -> None:
    shop.sandbox.control("/faults", path="/v1/accounts", method="POST", refusal="too_old")
    assert coach.post("/coach/me/payout-account", json=URLS | {"country": "FR"}).status_code == 422

    link(coach, country="DE")

    assert shop.at_stripe(f"/v1/accounts/{account_id(shop, coach)}")["country"] == "DE"
    sent = shop.sandbox.http.get(f"{shop.sandbox.stripe_url}/_sandbox/requests?path=/v1/accounts&method=POST")
    keys = [each["idempotency_key"] for each in sent.json()["requests"]]
    assert len(keys) == len(set(keys)) == 2


@pytest.mark.usefixtures("connect")
def test_a_platform_that_may_not_ask_for_transfers_alone_asks_for_card_payments_too(
    shop: Shop, coach: Person
) -> None:
    shop.sandbox.control("/faults", path="/v1/accounts", method="POST", refusal="transfers_alone")

    link(coach)

    found = shop.at_stripe(f"/v1/accounts/{account_id(shop, coach)}")
    assert sorted(found["capabilities"]) == ["card_payments", "transfers"]


@pytest.mark.usefixtures("connect")
def test_the_country_of_the_first_asking_counts(shop: Shop, coach: Person) -> None:
    link(coach, country="FR")
    link(coach, country="DE")

    assert shop.at_stripe(f"/v1/accounts/{account_id(shop, coach)}")["country"] == "FR"
    assert coach.post("/coach/me/payout-account", json=URLS | {"country": "fr"}).status_code == 422


@pytest.mark.usefixtures("connect")
def test_how_it_stands_is_what_stripe_last_said(shop: Shop, coach: Person) -> None:
    assert coach.get("/coach/me/payout-account").status_code == 404
    link(coach)
    new = standing(coach)
    assert (new["is_enabled"], new["details_submitted"]) == (False, False)
    assert "external_account" in new["requirements"]

    told_of(shop, coach, stripe_finds(shop, coach, "complete"))
    assert standing(coach) == {
        **dict.fromkeys(("is_enabled", "payouts_enabled", "details_submitted"), True),
        "charges_enabled": False,  # it takes transfers, and no payments of its own
        "requirements": [],
        "disabled_reason": None,
    }

    told_of(shop, coach, stripe_finds(shop, coach, "restricted"))
    restricted = standing(coach)
    assert not restricted["is_enabled"]
    assert restricted["requirements"] == ["individual.verification.document"]


@pytest.mark.usefixtures("connect")
def test_what_stripe_said_before_does_not_undo_what_it_said_later(shop: Shop, coach: Person) -> None:
    link(coach)
    stripe_finds(shop, coach, "pending")
    events = stripe_finds(shop, coach, "complete")

    for event in reversed(events):
        told_of(shop, coach, [event])

    assert standing(coach)["is_enabled"]


@pytest.mark.usefixtures("connect")
def test_while_stripe_is_away_it_is_asked_again(shop: Shop, coach: Person) -> None:
    link(coach)
    tell(shop, stripe_finds(shop, coach, "complete"))
    shop.sandbox.control("/faults", path="/v1/accounts/*", status=429)

    assert shop.work(payouts_connect.look_up, UUID(coach.id))
    assert not standing(coach)["is_enabled"]
    db.session.execute(text("UPDATE payout_account SET due_at = now() - interval '1 second'"))
    db.session.commit()
    assert shop.work(payouts_connect.due, 100) == [UUID(coach.id)]
    shop.work(payouts_connect.look_up, UUID(coach.id))

    assert standing(coach)["is_enabled"]


@pytest.mark.usefixtures("connect")
def test_an_account_that_stripe_does_not_show_us_any_more_gets_no_money(shop: Shop, coach: Person) -> None:
    onboarded(shop, coach)
    key = {"Authorization": "Bearer sk_test_sandbox"}
    shop.sandbox.http.delete(f"{shop.sandbox.stripe_url}/v1/accounts/{account_id(shop, coach)}", headers=key)

    shop.work(payouts_connect.doubt, account_id(shop, coach), "No such destination")
    shop.work(payouts_connect.look_up, UUID(coach.id))

    assert not standing(coach)["is_enabled"]
    assert "does not have access" in standing(coach)["disabled_reason"]
    assert coach.post("/coach/me/payout-account", json=URLS).status_code == 422


@pytest.mark.usefixtures("connect")
def test_an_account_of_nobody_s_is_ignored(shop: Shop, coach: Person) -> None:
    link(coach)
    (event, *_) = stripe_finds(shop, coach, "complete")

    shop.told(event, id="acct_of_another", metadata={})

    assert shop.rows(StripeEvent)[-1].reason == "no account of ours"


@pytest.mark.usefixtures("connect")
def test_in_production_stripe_s_page_leads_back_to_our_own_pages_only(
    app: Flask, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    production = {"app_env": Environment.PRODUCTION, "allowed_redirect_origins": ("https://www.example.com",)}
    settings = settings_of(app).model_copy(update=production)
    monkeypatch.setitem(app.extensions, "settings", settings)

    answer = coach.post("/coach/me/payout-account", json=URLS)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/refresh_url"


@pytest.mark.usefixtures("connect")
@pytest.mark.parametrize("sent", [{"password": "not my password"}, {"password": ""}, {}])
def test_a_stolen_token_is_not_enough_to_say_where_the_money_goes(
    shop: Shop, coach: Person, sent: dict[str, str]
) -> None:
    wish = {name: url for name, url in URLS.items() if name != "password"}

    refused = coach.post("/coach/me/payout-account", json=wish | sent)

    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/password"]
    assert shop.rows(PayoutAccount) == []
    assert coach.get("/coach/me/payout-account").status_code == 404


@pytest.mark.usefixtures("connect")
def test_only_coaches_have_one(client: Person) -> None:
    assert client.post("/coach/me/payout-account", json=URLS).status_code == 403
    assert client.get("/coach/me/payout-account").status_code == 403


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
    shop.told(shop.paid(checkout))
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

    tell(shop, shop.refunds_by_hand(checkout, 5000))
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
    tell(shop, shop.events(checkout, "refund."))
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
    told_of(shop, coach, stripe_finds(shop, coach, "restricted"))

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
    shop.told(shop.paid(checkout))
    assert shop.work(payouts_connect.due, 10) == [UUID(coach.id)]
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

    month = shop.rows(Payment)[0].created_at.strftime("%Y-%m")
    found = coach.get(f"/coach/me/statement/{month}").json()

    assert [(line["kind"], line["amount"]) for line in found["lines"]] == [
        ("payment", 75.0),
        ("commission", -7.5),
        ("transfer", -67.5),
    ]
    (totals,) = found["totals"]
    assert (totals["transferred"], totals["owed"], totals["closing"]) == (67.5, 0.0, 0.0)


def test_the_operator_has_stripe_tell_of_coaches_accounts(shop: Shop, app: Flask) -> None:
    url = "https://api.example.com/payment/webhook"

    done = app.test_cli_runner().invoke(args=["stripe", "create-connect-webhook", url])

    assert "STRIPE_WEBHOOK_SECRET=…,whsec_" in done.output, done.output
    (made,) = [each for each in shop.at_stripe("/v1/webhook_endpoints")["data"] if each["url"] == url]
    assert made["application"]  # of an endpoint for connected accounts
    assert made["enabled_events"] == ["account.updated"]
    key = {"Authorization": "Bearer sk_test_sandbox"}
    shop.sandbox.http.delete(f"{shop.sandbox.stripe_url}/v1/webhook_endpoints/{made['id']}", headers=key)
