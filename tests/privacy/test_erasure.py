"""Who erases the account is nowhere to be found any more, and the books are as they were."""

import httpx
from sqlalchemy import text

from app.emails.models import Email
from app.emails.status import EmailStatus
from app.extensions import db
from app.payments.models import Refund
from app.privacy import retention
from tests.accounts.two_factor.authenticator import proven
from tests.people import PASSWORD, Person, next_week
from tests.privacy.personal_data import NOTES, books, dealings, erase, tables_with, work_off
from tests.shop import Shop


def test_a_client_who_leaves_is_in_no_row_of_any_table(shop: Shop, zelda: Person, coach: Person) -> None:
    dealings(shop, zelda, coach)
    for mark in (zelda.email, "Quimby", NOTES, "fell out"):
        assert tables_with(mark)

    assert erase(zelda).status_code == 204
    work_off(shop)
    shop.work(retention.redact_emails)

    for mark in (zelda.email, "Quimby", NOTES, "fell out", "Pat Payer", "payer@example.com"):
        assert tables_with(mark) == set(), mark


def test_a_coach_who_leaves_is_in_no_row_either(shop: Shop, client: Person, corin: Person) -> None:
    had = dealings(shop, client, corin)
    away = {"local_start": "2030-12-24T00:00", "local_end": "2030-12-27T00:00", "reason": "Vasey's birthday"}
    assert corin.post("/coach/me/time-off", json=away).status_code == 201
    gives = {"amount": 1, "reason": "Vasey was late"}
    assert corin.post(f"/payment/{had.checkout['payment_id']}/refund", json=gives).status_code == 202

    assert erase(corin).status_code == 204
    work_off(shop)
    shop.work(retention.redact_emails)

    for mark in (corin.email, "Vasey was", "Vasey's", "Vasey speaks", "meet.example", "taught since"):
        assert tables_with(mark) == set(), mark
    assert tables_with("Vasey") == {"booking"}  # in what the client wrote


def test_what_was_counted_stays_as_it_was(shop: Shop, zelda: Person, coach: Person) -> None:
    had = dealings(shop, zelda, coach)
    assert zelda.post(f"/booking/{had.coming['id']}/cancel", json={}).status_code == 200
    work_off(shop)
    before = books()
    earned = coach.get("/coach/me/earnings").json()

    assert erase(zelda).status_code == 204

    assert books() == before
    assert coach.get("/coach/me/earnings").json() == earned
    month = f"/coach/me/statement/{db.session.scalar(text('SELECT max(day) FROM ledger_entry')):%Y-%m}"
    assert {line["client"] for line in coach.get(month).json()["lines"]} == {"Erased account"}


def test_coming_sessions_are_cancelled_and_paid_back_by_the_policy(
    shop: Shop, zelda: Person, coach: Person
) -> None:
    zelda.prove_address()
    coming, checkout = shop.pays_for(zelda, coach)

    erase(zelda)
    work_off(shop)

    seen = coach.booking(coming)
    assert (seen["status"], seen["cancellation"]["by"]) == ("cancelled", "client")
    assert seen["cancellation"]["refund_percent"] == 100
    assert seen["notes"] == ""
    session = shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")
    (refund,) = shop.at_stripe(f"/v1/refunds?payment_intent={session['payment_intent']}")["data"]
    assert (refund["amount"], refund["status"]) == (7500, "succeeded")
    mails = [mail["subject"] for mail in shop.sandbox.mails_to(coach.email)]
    assert "Cancelled: 60 minutes of coaching with Zelda Quimby" in mails
    told = {mail["subject"]: mail["text"] for mail in shop.sandbox.mails_to(zelda.email)}
    assert "Cancelled: 60 minutes of coaching with " in " ".join(told)
    assert "One booking was\r\ncancelled." in told["Your account was erased"]
    assert "Apart from mails about the cancelled bookings" in told["Your account was erased"]


def test_too_late_to_cancel_is_not_too_late_to_leave_but_nothing_goes_back(
    shop: Shop, zelda: Person, coach: Person
) -> None:
    notice = {"tiers": [{"hours_before": 0, "refund_percent": 100}], "client_notice_minutes": 60 * 24 * 8}
    assert coach.ask("PATCH", "/coach/me", json={"cancellation_policy": notice}).status_code == 200
    booking, _ = shop.pays_for(zelda, coach)

    assert erase(zelda).status_code == 204

    assert coach.booking(booking)["cancellation"]["refund_percent"] == 0
    assert shop.rows(Refund) == []


def test_a_coach_s_clients_get_all_of_it_back(shop: Shop, client: Person, corin: Person) -> None:
    coming, checkout = shop.pays_for(client, corin)
    held = client.books(corin, next_week(16))
    page = client.checks_out(held)

    erase(corin)
    work_off(shop)

    assert client.booking(coming)["cancellation"]["by"] == "coach"
    assert client.payment(checkout)["refunds"][0]["amount"] == 75
    assert client.booking(held)["status"] == "cancelled"
    assert client.get(f"/booking/{held['id']}/calendar.ics").status_code == 200
    assert client.payment(page)["status"] == "pending"  # until Stripe says that its page is closed


def test_a_coach_who_leaves_within_the_notice_gives_all_of_it_back(
    shop: Shop, client: Person, corin: Person
) -> None:
    notice = {"tiers": [{"hours_before": 0, "refund_percent": 0}], "coach_notice_minutes": 60 * 24 * 8}
    assert corin.ask("PATCH", "/coach/me", json={"cancellation_policy": notice}).status_code == 200
    booking, checkout = shop.pays_for(client, corin)
    assert corin.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 409

    erase(corin)
    work_off(shop)

    assert client.booking(booking)["cancellation"]["refund_percent"] == 100
    assert client.payment(checkout)["amount_refunded"] == 75


def test_a_coach_who_left_is_in_no_directory(http: httpx.Client, client: Person, corin: Person) -> None:
    erase(corin)

    assert corin.id not in {each["id"] for each in http.get("/coach").json()["items"]}
    assert http.get(f"/coach/{corin.id}").status_code == 404
    assert client.wish(corin, next_week()).status_code == 404


def test_what_is_owed_to_a_coach_who_left_is_listed_until_it_is_paid_out(
    shop: Shop, client: Person, corin: Person, admin: Person
) -> None:
    _, checkout = shop.pays_for(client, corin)
    db.session.execute(text("UPDATE booking SET period = tstzrange(now() - interval '1h', now())"))
    db.session.commit()

    erase(corin)

    (left,) = admin.get("/admin/erased-coach").json()["items"]
    (owed,) = left["owed"]
    assert (left["coach_id"], owed["currency"]) == (corin.id, "EUR")
    (mail,) = shop.mails("coach_left")
    assert f"Corin Vasey, {corin.email}" in mail.text_body
    pays = {"amount": owed["amount"], "currency": "EUR", "reference": "SEPA 17"}
    assert admin.post(f"/admin/coach/{corin.id}/payout", json=pays).status_code == 201
    assert admin.get("/admin/erased-coach").json()["items"] == []
    assert client.payment(checkout)["amount_refunded_minor"] == 0


def test_tokens_and_links_are_good_for_nothing(http: httpx.Client, zelda: Person) -> None:
    feed = zelda.post("/booking/feed").json()["url"]
    other = Person.signed_in(http, zelda.email, PASSWORD)
    assert proven(zelda).post("/auth/second-factor", json={"password": PASSWORD}).status_code == 201

    erase(zelda)

    assert zelda.get("/auth/me").status_code == other.get("/booking").status_code == 401
    assert erase(zelda).status_code == 401
    refreshing = {"refresh_token": other.refresh_token}
    assert http.post("/auth/refresh", json=refreshing).status_code == 401
    assert http.get(httpx.URL(feed).raw_path.decode()).status_code == 404
    for email in (zelda.email, f"{zelda.id}@erased.invalid"):
        for password in (PASSWORD, "none", ""):
            assert http.post("/auth/login", json={"email": email, "password": password}).status_code == 401
    # That it was erased, and told; and the wrong passwords just now.
    assert tables_with(zelda.id) == {"account", "audit_entry", "email", "refused_sign_ins"}


def test_the_address_can_be_registered_again_as_somebody_new(http: httpx.Client, zelda: Person) -> None:
    erase(zelda)

    person = {"email": zelda.email, "password": PASSWORD, "name": "Zelda Quimby"}
    again = http.post("/auth/register", json=person)

    assert again.status_code == 201
    assert again.json()["id"] != zelda.id
    assert Person.signed_in(http, zelda.email, PASSWORD).get("/booking").json()["items"] == []


def test_the_last_mail_says_so_and_older_ones_do_not_leave(shop: Shop, zelda: Person) -> None:
    zelda.prove_address()
    assert [mail.kind for mail in shop.rows(Email) if mail.status is EmailStatus.QUEUED]

    erase(zelda)
    work_off(shop)

    (mail,) = shop.sandbox.mails_to(zelda.email)
    assert mail["subject"] == "Your account was erased"
    assert "This is the last mail that we send to this address." in mail["text"]
    shop.work(retention.redact_emails)
    assert tables_with(zelda.email) == set()


def test_the_operator_s_mail_of_one_that_failed_names_nobody_then(shop: Shop, zelda: Person) -> None:
    shop.sandbox.mail_fails(at="rcpt", reply="550 5.1.1 No such user here")
    work_off(shop)
    assert zelda.email in shop.ops_mails()[0]
    assert tables_with(zelda.email) == {"account", "email", "trouble"}

    erase(zelda)
    work_off(shop)
    shop.work(retention.redact_emails)

    assert tables_with(zelda.email) == set()


def test_a_mail_without_words_is_not_sent_again(
    shop: Shop, zelda: Person, coach: Person, admin: Person
) -> None:
    shop.pays_for(zelda, coach)
    work_off(shop)
    erase(zelda)

    told = next(mail for mail in shop.mails("booking_confirmed") if mail.recipient == coach.email)
    again = admin.post(f"/admin/email/{told.id}/resend", json={})

    assert (again.status_code, told.status, told.subject) == (409, EmailStatus.SENT, "")


def test_what_stripe_says_later_still_counts_and_nobody_who_left_is_mailed(
    shop: Shop, zelda: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(zelda, coach)
    work_off(shop)
    erase(zelda)
    late = shop.refunds_by_hand(checkout, 2500)
    mails = len(shop.rows(Email))

    for event in late:
        shop.deliver_event(event)

    assert coach.payment(checkout)["amount_refunded"] == 25
    assert len(shop.rows(Email)) == mails
    assert tables_with(zelda.email) <= {"email"}  # the last mail, on its way


def test_money_that_comes_after_its_payer_left_goes_back(shop: Shop, zelda: Person, coach: Person) -> None:
    checkout = zelda.checks_out(zelda.books(coach))
    completed = shop.paid(checkout)
    erase(zelda)

    shop.deliver_event(completed)
    work_off(shop)

    (refund,) = coach.payment(checkout)["refunds"]
    assert (refund["cause"], refund["status"], refund["amount"]) == ("returned", "succeeded", 75)
    assert "Pat Payer" not in shop.event(completed).payload


def test_the_last_administrator_stays(http: httpx.Client, admin: Person) -> None:
    refused = erase(admin)

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/last-admin")
    assert admin.get("/admin/overview").status_code == 200


def test_answers_that_were_kept_go_too(shop: Shop, zelda: Person, coach: Person) -> None:
    wish = {"coach_id": coach.id, "session_datetime": next_week().isoformat(), "duration_minutes": 60}
    assert zelda.post("/booking", json=wish, headers={"Idempotency-Key": "k"}).status_code == 201

    erase(zelda)

    assert db.session.scalar(text("SELECT count(*) FROM idempotency_key")) == 0


def test_answers_that_others_were_given_about_them_go_too(
    shop: Shop, zelda: Person, coach: Person, client: Person, admin: Person
) -> None:
    """Who had a booking together, and the operators; what strangers were answered stays."""
    had = dealings(shop, zelda, coach)
    key = {"Idempotency-Key": "k"}
    gives = {"amount": 1, "reason": "Quimby asked for it"}
    path = f"/payment/{had.checkout['payment_id']}/refund"
    assert coach.post(path, json=gives, headers=key).status_code == 202
    out = {"reason": "asked by mail"}
    assert admin.post(f"/admin/account/{zelda.id}/deactivate", json=out, headers=key).status_code == 200
    assert admin.post(f"/admin/account/{zelda.id}/reactivate", json=out).status_code == 200
    other = Person.registered(zelda.http, "coach").open_for_business()
    wish = {"coach_id": other.id, "session_datetime": next_week(5).isoformat(), "duration_minutes": 60}
    assert client.post("/booking", json=wish, headers=key).status_code == 201
    zelda = Person.signed_in(zelda.http, zelda.email, PASSWORD)

    assert erase(zelda).status_code == 204

    kept = "SELECT count(*) FROM idempotency_key WHERE convert_from(body, 'UTF8') ~* :word"
    for word in (zelda.email, "Quimby"):
        assert db.session.scalar(text(kept), {"word": word}) == 0
    again = coach.post(path, json=gives, headers=key)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/answer-not-kept")
    assert len([refund for refund in shop.rows(Refund) if refund.amount_minor == 100]) == 1
    assert client.post("/booking", json=wish, headers=key).headers["Idempotent-Replayed"] == "true"
