"""The booking's history as a bank reads it, and how the operator sends it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.cli import commands
from app.emails import delivery
from app.emails.models import Email
from app.extensions import db, now
from app.payments.disputes import evidence, responses
from app.payments.models import Dispute, Payment
from app.payments.status import DisputeStatus
from tests.clock import Clock
from tests.payments.disputes.opened_disputes import answered, decided, disputed, hears
from tests.people import Person
from tests.shop import Shop, become_admin
from tests.stripe_contract import check_log


@pytest.fixture
def admin(client: Person) -> Person:
    person = Person.registered(client.http, "client")
    become_admin(person)
    return person


@pytest.fixture
def story(shop: Shop, client: Person, coach: Person) -> tuple[dict[str, Any], dict[str, Any]]:
    """A booking that is paid, its mails sent, and disputed; and its checkout."""
    booking, checkout = shop.pays_for(client, coach)
    for mail in shop.rows(Email):
        shop.work(delivery.deliver, mail.id)
    disputed(shop, client, checkout)
    hears(shop, checkout)
    return booking, checkout


Story = tuple[dict[str, Any], dict[str, Any]]


def row(shop: Shop) -> Dispute:
    (dispute,) = shop.rows(Dispute)
    return dispute


def at_stripe(shop: Shop) -> dict[str, Any]:
    found: dict[str, Any] = shop.at_stripe(f"/v1/disputes/{row(shop).stripe_dispute_id}")
    return found


def test_it_says_who_booked_paid_and_was_told_what_when(
    shop: Shop, client: Person, coach: Person, story: Story
) -> None:
    told = row(shop).evidence

    (payment,) = shop.rows(Payment)
    assert f"<{client.email}> paid 75.00 EUR to CultureBridge" in told
    assert "60 minutes of online coaching with Coach" in told
    assert "gets back 100 % until 24 hours before, nothing later" in told
    lines = told.splitlines()
    assert any(line.endswith(f"booked the session of {_start(story)}") for line in lines)
    assert any("75.00 EUR were paid on Stripe Checkout" in line for line in lines)
    assert any(
        "Confirmed: 60 minutes" in line and f"was sent to {client.email}, with an entry" in line
        for line in lines
    )
    assert any("as confirmed: paid" in line for line in lines)
    history = [line[:16] for line in lines if line[:2] == "20"]
    assert history == sorted(history)
    assert payment.client.name in told


def test_it_says_how_the_session_went_as_the_coach_said(
    shop: Shop, client: Person, coach: Person, story: Story, admin: Person
) -> None:
    booking, _ = story
    _let_it_begin(booking)
    assert coach.post(f"/booking/{booking['id']}/no-show").status_code == 200

    told = admin.get(f"/admin/dispute/{row(shop).id}").json()["evidence"]

    assert "the coach was there, the client did not come" in told
    assert "the coach says the client did not come" in told


def test_it_says_what_was_moved_cancelled_and_refunded(shop: Shop, client: Person, coach: Person) -> None:
    booking, checkout = shop.pays_for(client, coach)
    later = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=10)
    moved = client.post(f"/booking/{booking['id']}/reschedule", json={"session_datetime": later.isoformat()})
    assert moved.status_code == 200
    assert client.post(f"/booking/{booking['id']}/cancel", json={"reason": "I am ill"}).status_code == 200
    disputed(shop, client, checkout)

    told = hears(shop, checkout).evidence

    assert "moved from" in told
    assert "as cancelled: I am ill" in told
    assert "Refund of 75.00 EUR, now pending: the booking was cancelled" in told


def test_of_a_year_of_sessions_as_much_is_said_as_a_field_can_hold(
    shop: Shop, client: Person, coach: Person
) -> None:
    coach.open_for_business(horizon_days=365)
    series = client.books_series(coach, 51)
    checkout = client.checks_out(series)
    shop.told(shop.paid(checkout))
    disputed(shop, client, checkout)
    hears(shop, checkout)

    packed = evidence.pack(row(shop).payment, "They were in every one. " * 300)

    assert packed.text.startswith("They were in every one.")
    assert 15_000 < len(packed.text) <= evidence.LONGEST
    assert len(packed.product_description) <= evidence.LONGEST
    assert packed.text.endswith(")")


def test_the_operator_sends_it_from_the_command_line(shop: Shop, client: Person, story: Story) -> None:
    ours = row(shop).stripe_dispute_id

    said = shop.app.test_cli_runner().invoke(
        commands.stripe, ["submit-evidence", ours, "--statement", "They were there."]
    )

    assert said.exit_code == 0, said.output
    assert f"{ours} is under_review" in said.output
    told = at_stripe(shop)
    assert (told["status"], told["evidence_details"]["submission_count"]) == ("under_review", 1)
    assert told["evidence"]["uncategorized_text"].startswith("They were there.\n")
    assert told["evidence"]["uncategorized_text"] == row(shop).evidence
    assert told["evidence"]["customer_email_address"] == client.email
    assert told["evidence"]["service_date"]
    assert "60 minutes of online coaching" in told["evidence"]["product_description"]
    assert row(shop).evidence_submitted_at
    assert row(shop).warn_at is None


def test_an_admin_sends_it_over_http_once(shop: Shop, client: Person, story: Story, admin: Person) -> None:
    path = f"/admin/dispute/{row(shop).id}"
    draft = admin.get(path).json()
    assert (draft["status"], draft["evidence_submitted_at"]) == ("needs_response", None)

    sent = admin.post(f"{path}/evidence", json={"text": "They were there."})

    assert sent.status_code == 200, sent.text
    assert sent.json()["status"] == "under_review"
    assert sent.json()["evidence"] == at_stripe(shop)["evidence"]["uncategorized_text"]
    again = admin.post(f"{path}/evidence", json={})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/not-answerable")
    assert at_stripe(shop)["evidence_details"]["submission_count"] == 1
    (entry,) = admin.get("/admin/audit?action=dispute.submit_evidence").json()["items"]
    assert (entry["action"], entry["actor"]) == ("dispute.submit_evidence", f"account:{admin.id}")


def test_what_is_decided_takes_no_evidence(shop: Shop, client: Person, story: Story, admin: Person) -> None:
    _, checkout = story
    decided(shop, {"id": row(shop).stripe_dispute_id}, "lost")
    hears(shop, checkout)

    refused = admin.post(f"/admin/dispute/{row(shop).id}/evidence", json={})

    assert (refused.status_code, "lost" in refused.json()["detail"]) == (409, True)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_stripe_refuses_is_told_and_it_can_be_sent_again(
    shop: Shop, client: Person, story: Story, admin: Person, method: str
) -> None:
    shop.sandbox.control("/faults", path="/v1/disputes/*", method=method, status=400)
    path = f"/admin/dispute/{row(shop).id}/evidence"

    refused = admin.post(path, json={})

    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/evidence-refused")
    assert row(shop).evidence_submitted_at is None
    assert admin.post(path, json={}).status_code == 200


def test_what_was_decided_and_not_told_yet_is_learned_before_anything_is_sent(
    shop: Shop, client: Person, story: Story, admin: Person
) -> None:
    decided(shop, {"id": row(shop).stripe_dispute_id}, "lost")

    refused = admin.post(f"/admin/dispute/{row(shop).id}/evidence", json={})

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-answerable")
    assert row(shop).status is DisputeStatus.LOST


def test_what_the_bank_has_although_the_answer_was_lost_is_not_sent_twice_and_stays_on_record(
    shop: Shop, client: Person, story: Story, admin: Person
) -> None:
    lost = {"close_connection": True, "after_work": True, "times": 3}
    shop.sandbox.control("/faults", path="/v1/disputes/*", method="POST", **lost)
    path = f"/admin/dispute/{row(shop).id}/evidence"
    assert admin.post(path, json={"text": "They were there."}).status_code == 503

    again = admin.post(path, json={"text": "They were there, I say."})

    assert (again.status_code, again.json()["type"]) == (409, "/problems/not-answerable")
    assert at_stripe(shop)["evidence_details"]["submission_count"] == 1
    assert row(shop).evidence == at_stripe(shop)["evidence"]["uncategorized_text"]
    assert len(admin.get("/admin/audit?action=dispute.submit_evidence").json()["items"]) == 1


def test_people_s_own_words_look_like_no_entry_of_ours(shop: Shop, client: Person, coach: Person) -> None:
    booking, checkout = shop.pays_for(client, coach)
    reason = "I am ill\n2026-11-01 10:00  The coach did not come"
    assert client.post(f"/booking/{booking['id']}/cancel", json={"reason": reason}).status_code == 200
    disputed(shop, client, checkout)

    told = hears(shop, checkout).evidence

    assert "as cancelled: I am ill 2026-11-01 10:00 The coach did not come\n" in told


def test_a_statement_that_leaves_no_room_for_the_history_is_refused(shop: Shop, story: Story) -> None:
    command = ["submit-evidence", row(shop).stripe_dispute_id, "--statement"]
    db.session.commit()  # a refused command undoes all of its session, which the test's is here

    said = shop.app.test_cli_runner().invoke(commands.stripe, [*command, "x" * 10_001])

    assert (said.exit_code, "10,000 characters at most" in said.output) == (1, True)
    assert at_stripe(shop)["evidence_details"]["submission_count"] == 0


def test_while_stripe_is_away_it_can_be_sent_again(
    shop: Shop, client: Person, story: Story, admin: Person
) -> None:
    shop.sandbox.control("/faults", path="/v1/disputes/*", close_connection=True, times=3)
    path = f"/admin/dispute/{row(shop).id}/evidence"

    assert admin.post(path, json={}).status_code == 503
    assert row(shop).status is DisputeStatus.NEEDS_RESPONSE
    assert admin.post(path, json={}).status_code == 200


def keys(shop: Shop) -> list[str]:
    """The idempotency keys under which evidence was sent, the oldest first."""
    log = f"{shop.sandbox.stripe_url}/_sandbox/requests"
    posted = [each for each in shop.sandbox.http.get(log).json()["requests"] if each["method"] == "POST"]
    sent = [each["idempotency_key"] for each in posted if "/v1/disputes/" in each["path"]][::-1]
    return list(dict.fromkeys(sent))  # Stripe's package tries again by itself


def fails(shop: Shop, admin: Person, text: str = "They were there.", **how: Any) -> None:
    fault = {"path": "/v1/disputes/*", "method": "POST", "times": 3} | how
    shop.sandbox.control("/faults", **fault)
    answer = admin.post(f"/admin/dispute/{row(shop).id}/evidence", json={"text": text})
    assert answer.status_code == 503, answer.text
    shop.sandbox.behaves()


def test_the_same_evidence_has_the_same_key_at_any_minute(
    shop: Shop, story: Story, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(shop, admin, status=429)
    monkeypatch.setattr("app.extensions.datetime", Clock(now() + timedelta(minutes=3)))
    fails(shop, admin, status=429)

    assert len(keys(shop)) == 1


def test_other_evidence_has_another_key(shop: Shop, story: Story, admin: Person) -> None:
    fails(shop, admin, status=429)
    fails(shop, admin, "They were there, and spoke.", status=429)

    assert len(keys(shop)) == 2


def test_a_failure_of_stripe_s_own_is_not_repeated_by_its_key(
    shop: Shop, story: Story, admin: Person
) -> None:
    fails(shop, admin, status=500)

    answer = admin.post(f"/admin/dispute/{row(shop).id}/evidence", json={"text": "They were there."})

    assert answer.status_code == 200, answer.text
    assert len(keys(shop)) == 2
    assert at_stripe(shop)["status"] == "under_review"


def test_evidence_sent_on_stripe_s_page_is_known(shop: Shop, client: Person, story: Story) -> None:
    _, checkout = story
    answered(shop, {"id": row(shop).stripe_dispute_id})

    dispute = hears(shop, checkout)

    assert dispute.status is DisputeStatus.UNDER_REVIEW
    assert dispute.evidence_submitted_at
    with pytest.raises(responses.NotAnswerable):
        shop.work(responses.submit_evidence, dispute)


def test_what_is_sent_is_what_stripe_s_package_names(
    shop: Shop, client: Person, story: Story, admin: Person
) -> None:
    path = f"{shop.sandbox.stripe_url}/_sandbox/requests"
    shop.sandbox.http.delete(path).raise_for_status()
    admin.post(f"/admin/dispute/{row(shop).id}/evidence", json={})

    said = shop.sandbox.http.get(path, params={"method": "POST"}).json()["requests"]

    assert [each["path"] for each in said] == [f"/v1/disputes/{row(shop).stripe_dispute_id}"]
    assert check_log(said) == []


def test_a_dispute_that_is_not_there_is_named(shop: Shop, admin: Person) -> None:
    said = shop.app.test_cli_runner().invoke(commands.stripe, ["submit-evidence", "dp_of_nobody"])
    assert said.exit_code == 1
    assert "no such dispute" in said.output
    assert admin.get(f"/admin/dispute/{admin.id}").status_code == 404


def test_nobody_else_sees_them(shop: Shop, client: Person, coach: Person, story: Story) -> None:
    for person in (client, coach):
        assert person.get("/admin/dispute").status_code == 403
        assert person.get(f"/admin/dispute/{row(shop).id}").status_code == 403
        assert person.post(f"/admin/dispute/{row(shop).id}/evidence", json={}).status_code == 403


def _start(story: Story) -> str:
    booking, _ = story
    return booking["session_datetime"].replace("T", " ")[:16]


def _let_it_begin(booking: dict[str, Any]) -> None:
    """The session began an hour ago."""
    earlier = "tstzrange(now() - interval '1 hour', now())"
    db.session.execute(
        text(f"UPDATE booking SET period = {earlier}, busy = {earlier} WHERE id = :id"), {"id": booking["id"]}
    )
    db.session.commit()
