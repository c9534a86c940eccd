"""Disputes that were never told."""

from sqlalchemy import text

from app.emails.models import Email
from app.extensions import db, now
from app.payments.disputes import events as dispute_events
from app.payments.models import Dispute
from app.payments.reconciliation import disputes as reconciliation
from app.payments.reconciliation.windows import Stage
from app.payments.stripe import listing
from app.payments.stripe.listing import Kind
from tests.payments.reconciliation.comparisons import compared, differences, later_than_all_of_it, reconciled
from tests.people import Checkout, Person
from tests.shop import Shop


def disputed(shop: Shop, client: Person, coach: Person) -> tuple[Checkout, str]:
    """A paid booking's checkout, and the dispute that nobody tells us of."""
    _, checkout = shop.pays_for(client, coach)
    shop.sandbox.control("/deliveries/rule", mode="lose")
    dispute = shop.sandbox.control(f"/payments/{checkout['session_id']}/dispute")
    return checkout, dispute["id"]


def test_a_dispute_that_was_never_told_gets_its_row(silent: Shop, client: Person, coach: Person) -> None:
    _, dispute_id = disputed(silent, client, coach)

    assert reconciled(silent)[Stage.DISPUTES] == (1, 0)
    assert reconciled(silent) == {}

    (row,) = silent.rows(Dispute)
    assert (row.stripe_dispute_id, row.status, row.withdrawn_minor) == (dispute_id, "needs_response", 7500)
    assert len([mail for mail in silent.rows(Email) if mail.kind.startswith("dispute")]) == 1


def test_how_it_ended_is_learned_however_old_it_is(silent: Shop, client: Person, coach: Person) -> None:
    _, dispute_id = disputed(silent, client, coach)
    reconciled(silent)
    db.session.execute(text("UPDATE dispute SET created_at = now() - interval '70 days'"))
    db.session.commit()
    silent.sandbox.control(f"/disputes/{dispute_id}/close", verdict="won")

    assert compared(silent, later_than_all_of_it())[Stage.OPEN_DISPUTES] == (1, 0)

    (row,) = silent.rows(Dispute)
    assert (row.status, row.withdrawn_minor) == ("won", 0)


def test_one_that_stripe_does_not_know_is_listed(silent: Shop, client: Person, coach: Person) -> None:
    disputed(silent, client, coach)
    reconciled(silent)
    db.session.execute(text("UPDATE dispute SET stripe_dispute_id = 'dp_unknown'"))
    db.session.commit()
    silent.sandbox.control("/reset")

    reconciled(silent)

    assert ("dispute", "there is no such dispute", "needs_response, 75.00 EUR") in differences(silent)


def test_one_that_went_further_here_than_there_is_listed(silent: Shop, client: Person, coach: Person) -> None:
    disputed(silent, client, coach)
    reconciled(silent)
    db.session.execute(text("UPDATE dispute SET status = 'lost'"))
    db.session.commit()

    reconciled(silent)

    assert [we_say.split(",")[0] for _, _, we_say in differences(silent)] == ["lost"]


def test_what_changed_without_going_further_is_learned(silent: Shop, client: Person, coach: Person) -> None:
    disputed(silent, client, coach)
    reconciled(silent)
    (before,) = silent.rows(Dispute)
    due_by, reason = before.due_by, before.reason
    db.session.execute(
        text("UPDATE dispute SET reason = 'unrecognized', due_by = due_by + interval '2 days'")
    )
    db.session.commit()

    assert reconciled(silent)[Stage.DISPUTES] == (1, 0)

    (row,) = silent.rows(Dispute)
    assert (row.due_by, row.reason) == (due_by, reason)
    assert differences(silent) == []


def test_both_sides_of_a_difference_say_what_differs(silent: Shop, client: Person, coach: Person) -> None:
    disputed(silent, client, coach)
    reconciled(silent)
    db.session.execute(text("UPDATE dispute SET status = 'lost', fund_moves = 2"))
    db.session.commit()

    reconciled(silent)

    ((_, stripe_says, we_say),) = differences(silent)
    assert stripe_says.startswith("needs_response, 75.00 EUR, fraudulent, to answer by ")
    assert stripe_says.endswith("answered 0 times, not refundable, money moved 1 times")
    assert (we_say[:5], we_say[-19:]) == ("lost,", "money moved 2 times")


def test_what_is_lost_and_appealed_against_is_no_difference(
    silent: Shop, client: Person, coach: Person
) -> None:
    disputed(silent, client, coach)
    reconciled(silent)
    (row,) = silent.rows(Dispute)
    lost = listing.find(Kind.DISPUTE, row.stripe_dispute_id)
    assert lost
    silent.work(dispute_events.on_event, lost | {"status": "lost"}, now())

    examined = reconciliation.DISPUTES.examine(
        row.stripe_dispute_id, lost | {"status": "appeal_under_review"}
    )

    assert examined is None
