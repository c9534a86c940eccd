"""What an operator does with money that is to move after a dispute, and does not."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from app.audit import AuditEntry
from app.cli import commands
from app.extensions import db
from app.payments.ledger import recovery_submission
from app.payments.ledger.recovery_models import Recovery
from app.payments.stripe import transfers as at_stripe
from tests.payments.ledger.coach_debts import debts
from tests.payments.ledger.lost_disputes import hears, lost, overturned, recovers, rows
from tests.payments.payouts.connected_accounts import figures, has, onboarded, paid
from tests.people import Checkout, Person
from tests.shop import Shop

pytestmark = pytest.mark.usefixtures("connect")


@pytest.fixture
def checkout(shop: Shop, client: Person, coach: Person) -> Checkout:
    """Sent on to the coach, and lost to the bank: 75 are to come back."""
    checkout = paid(shop, client, onboarded(shop, coach))
    lost(shop, client, checkout)
    return checkout


@pytest.fixture
def recovery_id(shop: Shop, checkout: Checkout) -> UUID:
    (recovery,) = shop.rows(Recovery)
    return recovery.id


def refused_for_good(shop: Shop, recovery_id: UUID) -> None:
    """Stripe does not know the transfer, as after a change of the key."""
    path = "/v1/transfers/*"
    shop.sandbox.control("/faults", path=path, method="POST", refusal="no_such_transfer")
    shop.work(recovery_submission.recover, recovery_id)
    assert rows(shop) == [("reversal", "failed", 7500)]


def pull(admin: Person, recovery_id: object, lever: str, **headers: str) -> Any:
    body = {"reason": "seen to"}
    return admin.ask("POST", f"/admin/recovery/{recovery_id}/{lever}", json=body, headers=headers)


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def test_one_that_waits_is_tried_now(shop: Shop, coach: Person, admin: Person, recovery_id: UUID) -> None:
    db.session.execute(text("UPDATE recovery SET due_at = now() + interval '1 hour', attempts = 8"))
    db.session.commit()
    assert shop.work(recovery_submission.recover, recovery_id) is None
    assert has(shop, coach) == 7500

    answer = pull(admin, recovery_id, "retry")
    shop.work(recovery_submission.recover, recovery_id)

    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert has(shop, coach) == 0
    recovers(shop)
    assert debts(admin) == []


def test_one_that_failed_is_made_once_however_often_it_is_retried(
    shop: Shop, coach: Person, admin: Person, recovery_id: UUID
) -> None:
    refused_for_good(shop, recovery_id)
    assert any("cannot be made" in what for what in shop.ops_mails())
    assert "/admin/recovery/{id}/retry" in shop.mails("needs_attention")[-1].text_body

    again = [pull(admin, recovery_id, "retry", **{"Idempotency-Key": "one"}) for _ in range(2)]
    again.append(pull(admin, recovery_id, "retry"))
    recovers(shop)

    assert [answer.status_code for answer in again] == [202] * 3
    assert (again[0].content, again[1].headers["Idempotent-Replayed"]) == (again[1].content, "true")
    assert rows(shop) == [("reversal", "succeeded", 7500)]
    assert (has(shop, coach), figures(coach), debts(admin)) == (0, (0, 0, 0), [])
    assert problem(pull(admin, recovery_id, "retry")) == (409, "nothing-to-do")
    assert problem(pull(admin, recovery_id, "discard")) == (409, "nothing-to-do")


def test_one_whose_answer_was_lost_before_it_failed_is_found_and_not_made_twice(
    shop: Shop, coach: Person, admin: Person, recovery_id: UUID
) -> None:
    lost_answers = {"close_connection": True, "after_work": True, "times": 3}
    shop.sandbox.control("/faults", path="/v1/transfers/*", method="POST", **lost_answers)
    assert shop.work(recovery_submission.recover, recovery_id)
    pull(admin, recovery_id, "discard")

    pull(admin, recovery_id, "retry")
    recovers(shop)

    assert rows(shop) == [("reversal", "succeeded", 7500)]
    assert (has(shop, coach), figures(coach)) == (0, (0, 0, 0))


@pytest.mark.parametrize("has_failed", [False, True])
def test_one_that_is_discarded_is_tried_no_more_and_the_coach_owes_it(
    shop: Shop, coach: Person, admin: Person, checkout: Checkout, recovery_id: UUID, has_failed: bool
) -> None:
    if has_failed:
        refused_for_good(shop, recovery_id)

    answer = pull(admin, recovery_id, "discard")
    hears(shop, checkout)
    recovers(shop)

    assert (answer.status_code, answer.json()["status"]) == (200, "discarded")
    assert (rows(shop), has(shop, coach)) == ([("reversal", "discarded", 7500)], 7500)
    assert debts(admin) == [(coach.id, 75.0, "EUR")]
    (listed,) = admin.get("/admin/recovery?status=discarded").json()["items"]
    assert (listed["id"], listed["last_error"]) == (str(recovery_id), "seen to")
    assert (listed["share"], listed["currency"], listed["coach_id"]) == (75.0, "EUR", coach.id)
    assert admin.get("/admin/recovery?status=pending").json()["items"] == []
    assert problem(pull(admin, recovery_id, "discard")) == (409, "nothing-to-do")


def test_what_the_dispute_wants_no_more_is_not_retried(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    checkout = paid(shop, client, onboarded(shop, coach))
    dispute = lost(shop, client, checkout)
    (recovery,) = shop.rows(Recovery)
    pull(admin, recovery.id, "discard")
    overturned(shop, checkout, dispute)

    assert problem(pull(admin, recovery.id, "retry")) == (409, "nothing-to-do")

    recovers(shop)
    assert has(shop, coach) == 7500


@pytest.mark.parametrize("lever", ["retry", "discard"])
def test_while_stripe_is_being_asked_no_lever_moves_it(
    shop: Shop, coach: Person, admin: Person, recovery_id: UUID, lever: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reverse, told = at_stripe.reverse, []

    def pressed_meanwhile(*order: Any) -> str:
        told.append(pull(admin, recovery_id, lever))
        return reverse(*order)

    monkeypatch.setattr(at_stripe, "reverse", pressed_meanwhile)
    shop.work(recovery_submission.recover, recovery_id)

    assert [problem(answer) for answer in told] == [(409, "recovery-in-flight")]
    assert told[0].headers["Retry-After"] == "5"
    assert rows(shop) == [("reversal", "succeeded", 7500)]
    assert has(shop, coach) == 0
    assert [row.lease_expires_at for row in shop.rows(Recovery)] == [None]


def test_each_lever_is_on_record_and_the_shell_has_both(
    shop: Shop, coach: Person, admin: Person, recovery_id: UUID
) -> None:
    run, nowhere = shop.app.test_cli_runner().invoke, str(uuid4())
    said = run(commands.stripe, ["discard-recovery", str(recovery_id), "--reason", "paid back by bank"])
    assert (said.exit_code, said.output) == (0, f"{recovery_id} is discarded.\n")
    said = run(
        commands.stripe, ["retry-recovery", nowhere, str(recovery_id), "--reason", "the bank returned it"]
    )
    assert (said.exit_code, f"{recovery_id} is queued." in said.output) == (1, True)
    assert "no such transfer" in said.output
    pull(admin, recovery_id, "discard")

    found = [(row.action, row.subject, row.reason) for row in shop.rows(AuditEntry)]
    about = f"recovery:{recovery_id}"
    assert sorted(each for each in found if each[1] == about) == [
        ("recovery.discard", about, "paid back by bank"),
        ("recovery.discard", about, "seen to"),
        ("recovery.retry", about, "the bank returned it"),
    ]


def test_one_that_is_not_there_is_not_found(admin: Person) -> None:
    assert admin.get(f"/admin/recovery/{uuid4()}").status_code == 404
    for lever in ("retry", "discard"):
        assert pull(admin, uuid4(), lever).status_code == 404
