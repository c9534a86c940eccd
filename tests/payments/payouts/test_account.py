"""A coach's account at Stripe is opened, kept up to date and seen by its coach alone."""

from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.config.settings import Environment
from app.extensions import db
from app.payments.events.models import StripeEvent
from app.payments.payouts import connect as payouts_connect
from app.payments.payouts.account import PayoutAccount
from tests.configuration import Configure
from tests.payments.earnings.coach_earnings import deliver_events
from tests.payments.payouts.connected_accounts import (
    URLS,
    account_id,
    deliver_account_events,
    figures,
    link,
    onboarded,
    standing,
    stripe_finds,
)
from tests.people import Person
from tests.shop import Shop


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

    deliver_account_events(shop, coach, stripe_finds(shop, coach, "complete"))
    assert standing(coach) == {
        **dict.fromkeys(("is_enabled", "payouts_enabled", "details_submitted"), True),
        "charges_enabled": False,  # it takes transfers, and no payments of its own
        "requirements": [],
        "disabled_reason": None,
    }

    deliver_account_events(shop, coach, stripe_finds(shop, coach, "restricted"))
    restricted = standing(coach)
    assert not restricted["is_enabled"]
    assert restricted["requirements"] == ["individual.verification.document"]


@pytest.mark.usefixtures("connect")
def test_what_stripe_said_before_does_not_undo_what_it_said_later(shop: Shop, coach: Person) -> None:
    link(coach)
    stripe_finds(shop, coach, "pending")
    events = stripe_finds(shop, coach, "complete")

    for event in reversed(events):
        deliver_account_events(shop, coach, [event])

    assert standing(coach)["is_enabled"]


@pytest.mark.usefixtures("connect")
def test_while_stripe_is_away_it_is_asked_again(shop: Shop, coach: Person) -> None:
    link(coach)
    deliver_events(shop, stripe_finds(shop, coach, "complete"))
    shop.sandbox.control("/faults", path="/v1/accounts/*", status=429)

    assert shop.work(payouts_connect.look_up, UUID(coach.id))
    assert not standing(coach)["is_enabled"]
    db.session.execute(text("UPDATE payout_account SET due_at = now() - interval '1 second'"))
    db.session.commit()
    assert shop.work(payouts_connect.DUE.ids, 100) == [UUID(coach.id)]
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

    shop.deliver_event(event, id="acct_of_another", metadata={})

    assert shop.rows(StripeEvent)[-1].reason == "no account of ours"


@pytest.mark.usefixtures("connect")
def test_in_production_stripe_s_page_leads_back_to_our_own_pages_only(
    coach: Person, configure: Configure
) -> None:
    configure(app_env=Environment.PRODUCTION, allowed_redirect_origins=("https://www.example.com",))

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


def test_the_operator_has_stripe_tell_of_coaches_accounts(shop: Shop, app: Flask) -> None:
    url = "https://api.example.com/payment/webhook"

    done = app.test_cli_runner().invoke(args=["stripe", "create-connect-webhook", url])

    assert "STRIPE_WEBHOOK_SECRET=…,whsec_" in done.output, done.output
    (made,) = [each for each in shop.at_stripe("/v1/webhook_endpoints")["data"] if each["url"] == url]
    assert made["application"]  # of an endpoint for connected accounts
    assert made["enabled_events"] == ["account.updated"]
    key = {"Authorization": "Bearer sk_test_sandbox"}
    shop.sandbox.http.delete(f"{shop.sandbox.stripe_url}/v1/webhook_endpoints/{made['id']}", headers=key)
