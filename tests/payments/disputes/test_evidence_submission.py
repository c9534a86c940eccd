"""How the operator sends a dispute's evidence, and what happens when Stripe fails or refuses it."""

from datetime import timedelta
from typing import Any

import pytest

from app.cli import commands
from app.extensions import now
from app.payments.disputes import responses
from app.payments.status import DisputeStatus
from tests.clock import Clock
from tests.payments.disputes.opened_disputes import (
    Story,
    answered,
    at_stripe,
    decided,
    hears,
    row,
)
from tests.people import Person
from tests.shop import Shop
from tests.stripe_contract import check_log


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


def test_a_statement_that_leaves_no_room_for_the_history_is_refused(shop: Shop, story: Story) -> None:
    command = ["submit-evidence", row(shop).stripe_dispute_id, "--statement"]

    said = shop.app.test_cli_runner().invoke(commands.stripe, [*command, "x" * 10_001])

    assert (said.exit_code, "at most 10000 characters" in said.output) == (2, True)
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
