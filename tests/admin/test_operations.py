"""What an operator does with what failed: again, or no more, always on the record."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.audit import AuditEntry
from app.emails import delivery, smtp
from app.emails.models import Email
from app.emails.status import EmailStatus
from app.extensions import db
from app.payments.webhook import inbox
from tests.admin.failures import ODD, change, failed_event, mail_of
from tests.people import Person
from tests.shop import Shop


def test_events_are_listed_by_status_and_shown_with_what_stripe_sent(shop: Shop, admin: Person) -> None:
    failed_event(shop)
    shop.deliver_event({"id": "evt_other", "type": "customer.created", "data": {"object": {"id": "cus_1"}}})

    failed = admin.get("/admin/stripe-event?status=failed").json()["items"]
    assert [(event["id"], event["status"]) for event in failed] == [("evt_odd", "failed")]
    assert failed[0]["last_error"]
    assert admin.get("/admin/stripe-event/evt_odd").json()["payload"] == ODD
    assert len(admin.get("/admin/stripe-event").json()["items"]) == 2
    assert admin.get("/admin/stripe-event?type=customer.created").json()["items"][0]["id"] == "evt_other"


def test_events_are_paged_without_a_gap(shop: Shop, admin: Person) -> None:
    for number in range(3):
        shop.deliver_event(
            {"id": f"evt_{number}", "type": "customer.created", "data": {"object": {"id": "cus_1"}}}
        )

    first = admin.get("/admin/stripe-event?limit=2").json()
    rest = admin.get(f"/admin/stripe-event?limit=2&cursor={first['next_cursor']}").json()

    assert [event["id"] for event in first["items"] + rest["items"]] == ["evt_2", "evt_1", "evt_0"]


def test_a_payment_whose_event_failed_is_confirmed_by_replaying_it(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    booking = client.books(coach)
    event = shop.paid(client.checks_out(booking))
    shop.work(inbox.record, json.dumps(event))
    change("UPDATE stripe_event SET status = 'failed', attempts = 12, last_error = 'a bug, mended since'")

    answer = admin.post(f"/admin/stripe-event/{event['id']}/replay", json={"reason": "mended"})

    assert (answer.status_code, answer.json()["status"], answer.json()["attempts"]) == (202, "received", 0)
    shop.work(inbox.process, shop.work(inbox.claim, event["id"]))
    assert client.booking(booking)["status"] == "confirmed"


def test_replayed_after_it_was_applied_it_does_nothing_twice(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    (event,) = shop.events(checkout, "checkout.session.completed")
    before = len(shop.rows(Email))

    admin.post(f"/admin/stripe-event/{event['id']}/replay", json={})
    shop.work(inbox.process, shop.work(inbox.claim, event["id"]))

    assert client.booking(booking)["status"] == "confirmed"
    assert len(shop.rows(Email)) == before


def test_an_event_that_is_discarded_is_tried_no_more(shop: Shop, admin: Person) -> None:
    failed_event(shop)

    answer = admin.post("/admin/stripe-event/evt_odd/discard", json={"reason": "of an old shop"})

    assert answer.json()["status"] == "ignored"
    assert "of an old shop" in answer.json()["reason"]
    again = admin.post("/admin/stripe-event/evt_odd/discard", json={"reason": "of an old shop"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/nothing-to-do")


def test_a_failed_mail_is_sent_again_under_its_own_id_and_a_sent_one_as_a_copy(
    shop: Shop, client: Person, admin: Person
) -> None:
    mail = mail_of(shop, client)
    original = mail.message_id
    change("UPDATE email SET status = 'failed', attempts = 12")

    answer = admin.post(f"/admin/email/{mail.id}/resend", json={"reason": "the mailbox was full"})

    assert (answer.status_code, answer.json()["status"], answer.json()["attempts"]) == (202, "queued", 0)
    assert mail_of(shop, client).message_id == original
    change("UPDATE email SET status = 'sent'")
    admin.post(f"/admin/email/{mail.id}/resend", json={})
    assert mail_of(shop, client).message_id != original


def test_a_mail_that_is_discarded_does_not_leave(shop: Shop, client: Person, admin: Person) -> None:
    mail = mail_of(shop, client)

    answer = admin.post(f"/admin/email/{mail.id}/discard", json={"reason": "to the wrong address"})

    assert answer.json()["status"] == "withdrawn"
    assert shop.work(Email.claim, mail.id) is None


def test_mails_are_found_by_recipient_kind_and_status(shop: Shop, client: Person, admin: Person) -> None:
    found = admin.get(f"/admin/email?recipient={client.email}&kind=verify_address&status=queued").json()

    assert [mail["recipient"] for mail in found["items"]] == [client.email]
    shown = admin.get(f"/admin/email/{found['items'][0]['id']}").json()
    assert "/auth/verify" in shown["text_body"]
    assert admin.get("/admin/email?status=lost").status_code == 422


def test_every_lever_is_on_record_with_who_why_and_from_where(
    shop: Shop, client: Person, admin: Person
) -> None:
    failed_event(shop)
    admin.post("/admin/stripe-event/evt_odd/replay", json={"reason": "mended"})
    admin.post(f"/admin/email/{mail_of(shop, client).id}/resend", json={})

    resent, replayed = admin.get(f"/admin/audit?actor=account:{admin.id}").json()["items"][:2]

    assert (replayed["action"], replayed["subject"], replayed["reason"]) == (
        "stripe_event.replay",
        "stripe_event:evt_odd",
        "mended",
    )
    assert replayed["address"] == "127.0.0.1"
    assert replayed["request_id"]
    assert resent["action"] == "email.resend"
    of_event = admin.get("/admin/audit?subject=stripe_event:evt_odd").json()["items"]
    assert [entry["id"] for entry in of_event] == [replayed["id"]]


@pytest.mark.parametrize(
    "change_of_history",
    ["UPDATE audit_entry SET reason = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"],
)
def test_nobody_changes_the_record(shop: Shop, admin: Person, change_of_history: str) -> None:
    failed_event(shop)
    admin.post("/admin/stripe-event/evt_odd/replay", json={"reason": "mended"})

    with pytest.raises(DBAPIError, match="append-only"), db.session.begin_nested():
        db.session.execute(text(change_of_history))

    assert "mended" in [entry.reason for entry in shop.rows(AuditEntry)]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/stripe-event"),
        ("GET", "/admin/email"),
        ("GET", "/admin/refund"),
        ("GET", "/admin/audit"),
        ("POST", "/admin/stripe-event/evt_1/replay"),
    ],
)
def test_only_an_operator_may(client: Person, coach: Person, method: str, path: str) -> None:
    for person in (client, coach):
        assert person.ask(method, path, json={} if method == "POST" else None).status_code == 403
    assert client.http.request(method, path).status_code == 401


@pytest.mark.parametrize("name", ["evt_none", "%00", "%C3%A9", "x" * 300])
def test_an_event_that_is_not_there_is_not_found(shop: Shop, admin: Person, name: str) -> None:
    assert admin.get(f"/admin/stripe-event/{name}").status_code == 404
    assert admin.post(f"/admin/stripe-event/{name}/replay", json={}).status_code == 404


def test_a_mail_or_refund_that_is_not_there_is_not_found(admin: Person) -> None:
    nowhere = "00000000-0000-0000-0000-000000000000"
    for path in (f"/admin/email/{nowhere}", f"/admin/refund/{nowhere}"):
        assert admin.get(path).status_code == 404
    assert admin.post(f"/admin/email/{nowhere}/resend", json={}).status_code == 404
    assert admin.post(f"/admin/refund/{nowhere}/retry", json={}).status_code == 404


def test_a_reason_is_wanted_for_what_is_given_up(shop: Shop, admin: Person) -> None:
    failed_event(shop)

    answer = admin.post("/admin/stripe-event/evt_odd/discard", json={"reason": " "})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/reason")
    assert {mail.status for mail in shop.rows(Email)} == {EmailStatus.QUEUED}


def test_the_same_levers_stand_on_the_command_line(shop: Shop, client: Person) -> None:
    event_id, mail = failed_event(shop), mail_of(shop, client)
    change("UPDATE email SET status = 'failed'")
    run = shop.app.test_cli_runner().invoke

    assert run(args=["stripe", "replay", event_id, "--reason", "mended"]).exit_code == 0
    assert run(args=["email", "resend", str(mail.id)]).exit_code == 0
    unknown = run(args=["stripe", "replay", "evt_none"])

    assert (unknown.exit_code, "no such event" in unknown.output) == (1, True)
    assert mail_of(shop, client).status is EmailStatus.QUEUED
    done = {"stripe_event.replay", "email.resend"}
    assert {each.actor for each in shop.rows(AuditEntry) if each.action in done} == {"command"}


def test_on_the_command_line_one_that_is_refused_keeps_none_of_the_others_back(
    shop: Shop, client: Person
) -> None:
    mail = mail_of(shop, client)
    change("UPDATE email SET status = 'sending', due_at = now() + interval '5 minutes'")
    other = Person.registered(client.http, "client")
    waiting = mail_of(shop, other)
    change("UPDATE email SET status = 'failed' WHERE id = :id", id=waiting.id)

    done = shop.app.test_cli_runner().invoke(args=["email", "resend", str(mail.id), str(waiting.id)])

    assert done.exit_code == 1
    assert f"{waiting.id} is queued" in done.output
    assert f"{mail.id}: This mail is being sent at this moment" in done.output
    assert mail_of(shop, other).status is EmailStatus.QUEUED
    assert mail_of(shop, client).status is EmailStatus.SENDING
    entries = [each.subject for each in shop.rows(AuditEntry) if each.action == "email.resend"]
    assert entries == [f"email:{waiting.id}"]


def test_a_mail_that_is_being_sent_is_sent_once_whoever_presses_meanwhile(
    shop: Shop, client: Person, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = mail_of(shop, client)
    send, sent, told = smtp.send, [], []

    def pressed_meanwhile(email: Email) -> None:
        sent.append(email.id)
        for lever in ("resend", "discard", "resend"):
            told.append(admin.post(f"/admin/email/{mail.id}/{lever}", json={"reason": "it takes so long"}))
        shop.work(delivery.deliver, mail.id)
        send(email)

    monkeypatch.setattr(smtp, "send", pressed_meanwhile)
    shop.work(delivery.deliver, mail.id)
    shop.work(delivery.deliver, mail.id)

    first, discarded, again = told
    assert (first.status_code, first.json()["type"]) == (409, "/problems/email-in-flight")
    assert (discarded.status_code, again.status_code) == (200, 202)
    assert sent == [mail.id]
    assert mail_of(shop, client).status is EmailStatus.SENT


def test_a_copy_is_sent_once_for_presses_of_the_same_moment(
    shop: Shop, client: Person, admin: Person
) -> None:
    """The second press comes when the copy has left already."""
    mail = mail_of(shop, client)
    shop.work(delivery.deliver, mail.id)
    path = f"/admin/email/{mail.id}/resend"
    assert admin.post(path, json={}).status_code == 202
    shop.work(delivery.deliver, mail.id)

    again = admin.post(path, json={})

    assert (again.status_code, again.json()["type"]) == (409, "/problems/resent-just-now")
    assert again.headers["Retry-After"] == "10"
    assert len(shop.sandbox.mails_to(client.email)) == 2
    change("UPDATE email SET sent_at = sent_at - interval '10 seconds'")
    change("UPDATE email SET resend_requested_at = resend_requested_at - interval '10 seconds'")
    assert admin.post(path, json={}).status_code == 202
