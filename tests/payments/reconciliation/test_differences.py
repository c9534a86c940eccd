"""What no code can settle is kept with both sides, told once, and resolved when it is gone."""

import json

from app.payments.models import Payment, Refund
from app.payments.reconciliation.differences import Difference
from app.payments.reconciliation.windows import Stage
from app.payments.refunds import submission
from app.payments.webhook import inbox
from tests.payments.reconciliation.comparisons import differences, forget_payments, reconciled, sql
from tests.people import Person, next_week
from tests.shop import Shop, changed


def mails_of_differences(shop: Shop) -> list[str]:
    return [mail for mail in shop.ops_mails() if "differ" in mail]


def test_a_session_paid_for_a_payment_that_we_have_not_is_listed_once(
    silent: Shop, client: Person, coach: Person
) -> None:
    checkout = client.checks_out(client.books(coach))
    silent.paid(checkout)
    forget_payments()

    reconciled(silent)

    assert differences(silent) == [("checkout.session", "paid, 75.00 EUR", "there is no such payment")]
    (row,) = silent.rows(Difference)
    assert (row.stripe_id, str(row.our_id)) == (checkout["session_id"], checkout["payment_id"])


def test_a_session_that_nobody_paid_in_is_not_missed(silent: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    silent.sandbox.control(f"/sessions/{checkout['session_id']}/expire")
    forget_payments()

    assert reconciled(silent)[Stage.EVENTS] == (1, 0)

    assert differences(silent) == []


def test_another_amount_confirms_nothing_and_shows_both(silent: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    silent.paid(client.checks_out(booking))
    sql("UPDATE payment SET amount_minor = 9900")

    reconciled(silent)

    assert client.booking(booking)["status"] == "pending"
    found = differences(silent)
    assert ("checkout.session", "paid, 75.00 EUR", "pending, 99.00 EUR") in found
    assert ("payment_intent", "succeeded, 75.00 EUR", "pending, 99.00 EUR") in found
    assert {kind for kind, *_ in found} == {"checkout.session", "payment_intent", "event"}


def test_another_currency_shows_both(silent: Shop, client: Person, coach: Person) -> None:
    silent.pays_for(client, coach)
    sql("UPDATE payment SET currency = 'USD'")

    reconciled(silent)

    assert ("payment_intent", "succeeded, 75.00 EUR", "succeeded, 75.00 USD") in differences(silent)


def test_paid_here_and_not_there_is_listed(silent: Shop, client: Person, coach: Person) -> None:
    client.checks_out(client.books(coach))
    sql("UPDATE payment SET status = 'succeeded'")

    reconciled(silent)

    assert differences(silent) == [("checkout.session", "open, 75.00 EUR", "succeeded, 75.00 EUR")]


def test_a_paid_session_that_stripe_does_not_know_is_listed(
    silent: Shop, client: Person, coach: Person
) -> None:
    silent.pays_for(client, coach)
    sql("UPDATE payment SET stripe_session_id = 'cs_test_of_another_account'")
    silent.sandbox.control("/reset")

    reconciled(silent)

    assert differences(silent) == [("checkout.session", "there is no such session", "succeeded, 75.00 EUR")]


def refunded(shop: Shop, client: Person, coach: Person) -> Refund:
    booking, _ = shop.pays_for(client, coach)
    coach.post(f"/booking/{booking['id']}/cancel", json={})
    (refund,) = shop.rows(Refund)
    shop.work(submission.issue, refund.id)
    return refund


def test_a_refund_that_stripe_does_not_know_is_listed(silent: Shop, client: Person, coach: Person) -> None:
    refunded(silent, client, coach)
    sql("UPDATE refund SET stripe_refund_id = 're_unknown'")
    silent.sandbox.control("/reset")

    reconciled(silent)

    assert ("refund", "there is no such refund", "succeeded, 75.00 EUR") in differences(silent)


def test_a_refund_that_failed_here_and_succeeded_there_is_listed(
    silent: Shop, client: Person, coach: Person
) -> None:
    refunded(silent, client, coach)
    sql("UPDATE refund SET status = 'failed'")

    reconciled(silent)

    assert differences(silent) == [("refund", "succeeded, 75.00 EUR", "failed, 75.00 EUR")]


def test_a_refund_of_another_amount_is_listed(silent: Shop, client: Person, coach: Person) -> None:
    refunded(silent, client, coach)
    sql("UPDATE refund SET amount_minor = 5000")

    reconciled(silent)

    assert differences(silent) == [("refund", "succeeded, 75.00 EUR", "succeeded, 50.00 EUR")]


def test_two_refunds_at_stripe_for_one_of_ours_are_listed(
    silent: Shop, client: Person, coach: Person
) -> None:
    booking, _ = silent.pays_for(client, coach)
    coach.post(f"/booking/{booking['id']}/cancel", json={})
    sql("UPDATE refund SET amount_minor = 2500")
    (refund,) = silent.rows(Refund)
    silent.work(submission.issue, refund.id)
    sql("UPDATE refund SET stripe_refund_id = 're_first'")

    reconciled(silent)

    kinds = [(kind, says, we_say) for kind, says, we_say in differences(silent) if "by re_first" in we_say]
    assert kinds == [("refund", "succeeded, 25.00 EUR", "succeeded, 25.00 EUR, by re_first")]


def test_a_refund_made_for_a_row_and_a_payment_that_we_have_not_is_listed(
    silent: Shop, client: Person, coach: Person
) -> None:
    refunded(silent, client, coach)
    forget_payments()

    reconciled(silent)

    assert ("refund", "succeeded, 75.00 EUR", "there is no such refund") in differences(silent)


def test_an_event_that_failed_is_listed_until_it_is_applied(
    silent: Shop, client: Person, coach: Person
) -> None:
    silent.paid(client.checks_out(client.books(coach)))
    sql("UPDATE payment SET amount_minor = 9900")
    reconciled(silent)
    sql("UPDATE payment SET amount_minor = 7500")
    assert any(kind == "event" and "failed: Mismatch" in we_say for kind, _, we_say in differences(silent))
    sql("UPDATE stripe_event SET status = 'received', due_at = now() WHERE status = 'failed'")
    for event_id in silent.work(inbox.DUE.ids, 100):
        silent.work(inbox.process, silent.work(inbox.claim, event_id))

    reconciled(silent)

    assert differences(silent) == []
    assert all(row.resolved_at for row in silent.rows(Difference))


def test_an_event_that_waits_for_long_is_listed(silent: Shop, client: Person, coach: Person) -> None:
    event = changed(silent.paid(client.checks_out(client.books(coach))), "charge.captured")
    silent.work(inbox.record, json.dumps(event))
    sql("UPDATE stripe_event SET received_at = now() - interval '2 hours', last_error = 'the reason'")

    assert reconciled(silent)[Stage.STUCK_EVENTS] == (0, 1)

    assert [we_say for kind, _, we_say in differences(silent) if kind == "event"] == ["received: the reason"]


def test_one_mail_tells_what_is_new_and_none_what_is_known(
    silent: Shop, client: Person, coach: Person
) -> None:
    for hour in (8, 10):
        client.checks_out(client.books(coach, next_week(hour)))
    sql("UPDATE payment SET status = 'succeeded'")

    for _ in range(3):
        reconciled(silent)

    assert len(mails_of_differences(silent)) == 2
    (mail,) = silent.mails("needs_attention")
    assert mail.subject == "Needs attention: 2 differences"
    first_seen = {row.first_seen for row in silent.rows(Difference)}
    assert all(row.last_seen > min(first_seen) for row in silent.rows(Difference))


def test_what_is_gone_is_resolved_and_what_comes_again_is_new(
    silent: Shop, client: Person, coach: Person
) -> None:
    client.checks_out(client.books(coach))
    for status in ("succeeded", "pending", "succeeded"):
        sql("UPDATE payment SET status = :status", status=status)
        reconciled(silent)

    first, second = sorted(silent.rows(Difference), key=lambda row: row.first_seen)
    assert first.resolved_at
    assert second.resolved_at is None
    assert len(mails_of_differences(silent)) == 2


def test_what_is_gone_is_resolved_though_it_lies_before_the_window(
    silent: Shop, client: Person, coach: Person
) -> None:
    client.checks_out(client.books(coach))
    sql("UPDATE payment SET status = 'succeeded'")
    reconciled(silent)
    sql("UPDATE payment SET status = 'pending', created_at = created_at - interval '2 days'")
    sql("UPDATE payment SET session_expires_at = now() + interval '10 minutes'")

    reconciled(silent, "1m")

    assert differences(silent) == []


def test_what_belongs_to_somebody_else_at_stripe_is_nobody_s_business(silent: Shop) -> None:
    params = {"amount": 500, "currency": "eur", "metadata[payment_id]": "not ours"}
    key = {"Authorization": "Bearer sk_test_sandbox"}
    for foreign in (params, params | {"metadata[payment_id]": ""}, params | {"currency": "rub"}):
        silent.sandbox.http.post(
            f"{silent.sandbox.stripe_url}/v1/payment_intents", data=foreign, headers=key
        ).raise_for_status()

    reconciled(silent)

    assert differences(silent) == []
    assert silent.rows(Payment) == []


def test_one_that_nobody_can_read_is_listed_and_holds_up_no_other(
    silent: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    event = silent.paid(client.checks_out(booking))
    odd = changed(event, "charge.captured")
    silent.work(inbox.record, json.dumps(odd))
    sql("UPDATE stripe_event SET status = 'failed', payload = '[]'")

    reconciled(silent)

    assert client.booking(booking)["status"] == "confirmed"
    ((kind, says, _),) = differences(silent)
    assert (kind, says) == ("event", "what we cannot read")
