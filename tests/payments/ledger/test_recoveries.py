"""A lost dispute of a payment that was sent on: the coach gives it back, and gets it again if it is won."""

import pytest
from sqlalchemy import text

from app.config.choices import DisputeRecovery
from app.extensions import db
from app.payments.ledger import recovery_submission
from app.payments.ledger.recovery_models import Recovery
from tests.configuration import Configure
from tests.payments.disputes.opened_disputes import decided, disputed
from tests.payments.earnings.coach_earnings import take_place
from tests.payments.ledger.coach_debts import debts
from tests.payments.ledger.lost_disputes import hears, lost, overturned, recovers, rows
from tests.payments.payouts.connected_accounts import figures, has, onboarded, paid, refunded
from tests.people import Person, next_week
from tests.shop import Commission, Shop

pytestmark = pytest.mark.usefixtures("connect")


AVAILABLE_AT_ONCE = "4000000000000077"


@pytest.fixture
def books_debts(connect: None, configure: Configure) -> None:
    """As DISPUTE_RECOVERY=debt."""
    configure(dispute_recovery=DisputeRecovery.DEBT)


@pytest.mark.parametrize(("percent", "keeps"), [("0", 0), ("10", 0), ("7.77", 0)])
def test_what_a_lost_dispute_takes_comes_back_from_the_coach(
    shop: Shop, client: Person, coach: Person, admin: Person, commission: Commission, percent: str, keeps: int
) -> None:
    commission(percent)
    checkout = paid(shop, client, onboarded(shop, coach))

    lost(shop, client, checkout)
    recovers(shop)

    assert has(shop, coach) == keeps
    assert figures(coach) == (0, 0, 0)
    assert debts(admin) == []
    assert rows(shop) == [("reversal", "succeeded", 7500)]
    (found,) = admin.get("/admin/dispute").json()["items"]
    (shown,) = admin.get(f"/admin/dispute/{found['id']}").json()["recoveries"]
    assert (shown["status"], shown["stripe_id"][:4], shown["attempts"]) == ("succeeded", "trr_", 1)


def test_while_the_bank_has_not_decided_the_coach_keeps_it_and_owes_it(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))
    disputed(shop, client, checkout)
    hears(shop, checkout)
    recovers(shop)

    assert (has(shop, coach), figures(coach)) == (6750, (0, 6750, -6750))
    assert rows(shop) == []


def test_one_that_is_won_leaves_everything_with_the_coach(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))
    decided(shop, disputed(shop, client, checkout), "won")
    hears(shop, checkout)
    recovers(shop)

    assert (has(shop, coach), figures(coach)) == (6750, (6750, 6750, 0))
    assert rows(shop) == []


def test_of_a_part_that_is_lost_its_share_comes_back(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))

    lost(shop, client, checkout, amount=5000)
    recovers(shop)

    assert (has(shop, coach), figures(coach)) == (2250, (2250, 2250, 0))


def test_what_a_refund_took_back_before_is_not_taken_twice(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))
    refunded(shop, coach, checkout, 25)

    lost(shop, client, checkout)
    recovers(shop)

    assert (has(shop, coach), figures(coach)) == (0, (0, 0, 0))


def test_won_after_it_was_lost_the_coach_gets_it_again_and_lost_once_more_gives_it_back(
    shop: Shop, client: Person, coach: Person, admin: Person, commission: Commission
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))
    dispute = lost(shop, client, checkout)
    recovers(shop)

    overturned(shop, checkout, dispute)
    take_place()
    (totals,) = coach.get("/coach/me/earnings").json()["totals"]
    assert (totals["owed"], totals["payable"]) == (67.5, 0.0)  # Stripe is to send it, and nobody else
    funded(shop, client)
    recovers(shop)
    assert (has(shop, coach), figures(coach)) == (6750, (6750, 6750, 0))

    overturned(shop, checkout, dispute)
    recovers(shop)
    assert (has(shop, coach), figures(coach)) == (0, (0, 0, 0))

    overturned(shop, checkout, dispute)
    recovers(shop)
    assert (has(shop, coach), figures(coach)) == (6750, (6750, 6750, 0))
    assert [kind for kind, _, _ in rows(shop)] == ["reversal", "transfer", "reversal", "transfer"]
    assert debts(admin) == []


def funded(shop: Shop, client: Person) -> None:
    """Our balance at Stripe is enough to send it again: a coach without an account sold something."""
    other = Person.registered(client.http, "coach").open_for_business(hourly_rate=900)
    checkout = client.checks_out(client.books(other, next_week(20)))
    shop.paid(checkout, AVAILABLE_AT_ONCE)
    shop.sandbox.control(f"/payments/{checkout['session_id']}/settle")


def test_what_was_won_before_it_was_taken_back_stays_with_the_coach(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))
    dispute = lost(shop, client, checkout)

    overturned(shop, checkout, dispute)
    recovers(shop)

    assert (has(shop, coach), figures(coach)) == (6750, (6750, 6750, 0))
    assert rows(shop) == [("reversal", "canceled", 7500)]


@pytest.mark.parametrize("after", [False, True], ids=["before the work", "after it"])
def test_when_the_answer_is_lost_it_is_taken_back_once(
    shop: Shop, client: Person, coach: Person, commission: Commission, after: bool
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))
    lost(shop, client, checkout)
    shop.sandbox.control("/faults", path="/v1/transfers/*", method="POST", status=500, after_work=after)
    (recovery,) = shop.rows(Recovery)

    assert shop.work(recovery_submission.recover, recovery.id)
    recovers(shop)

    assert (has(shop, coach), figures(coach)) == (0, (0, 0, 0))
    assert rows(shop) == [("reversal", "succeeded", 7500)]


def test_two_workers_at_once_take_it_back_once(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))
    lost(shop, client, checkout)
    (recovery,) = shop.rows(Recovery)

    shop.work(recovery_submission.recover, recovery.id)
    assert shop.work(recovery_submission.recover, recovery.id) is None

    assert has(shop, coach) == 0


def test_what_somebody_took_back_by_hand_is_not_taken_again(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))
    intent = shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")["payment_intent"]
    charge = shop.at_stripe(f"/v1/payment_intents/{intent}?expand[]=latest_charge")["latest_charge"]
    url = f"{shop.sandbox.stripe_url}/v1/transfers/{charge['transfer']}/reversals"
    key = {"Authorization": "Bearer sk_test_sandbox"}
    body = {"refund_application_fee": "true"}
    shop.sandbox.http.post(url, data=body, headers=key).raise_for_status()

    lost(shop, client, checkout)
    recovers(shop)

    assert (has(shop, coach), figures(coach)) == (0, (0, 0, 0))


def test_what_stripe_refuses_is_tried_again_and_told_to_the_operator_in_the_end(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    checkout = paid(shop, client, onboarded(shop, coach))
    lost(shop, client, checkout)
    (recovery,) = shop.rows(Recovery)
    db.session.execute(text("UPDATE recovery SET attempts = 11"))
    db.session.commit()
    path = "/v1/transfers/*"
    shop.sandbox.control("/faults", path=path, method="POST", refusal="insufficient_balance")

    assert shop.work(recovery_submission.recover, recovery.id)

    assert any("Taking back 75.00 EUR" in told for told in shop.ops_mails())
    assert debts(admin) == [(coach.id, 75.0, "EUR")]
    recovers(shop)
    assert debts(admin) == []


@pytest.mark.usefixtures("books_debts")
def test_by_setting_it_is_a_debt_that_later_payments_settle_first(
    shop: Shop, client: Person, coach: Person, admin: Person, commission: Commission
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))
    lost(shop, client, checkout)
    recovers(shop)
    assert (has(shop, coach), figures(coach)) == (6750, (0, 6750, -6750))
    assert debts(admin) == [(coach.id, 67.5, "EUR")]

    client.post(f"/booking/{client.get('/booking').json()['items'][0]['id']}/cancel", json={})
    _, second = shop.pays_for(client, coach)

    assert has(shop, coach) == 6750
    assert debts(admin) == []
    shop.settles(second)
    ((_, fee, _),) = debts(admin)  # which we bear of what is sent on, and the coach of what is not
    assert fee == 1.38
