"""The operator hears of a dispute's deadline before it passes, while there is something to do."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.extensions import db
from app.payments.disputes import deadlines
from app.payments.models import Dispute
from tests.payments.disputes.opened_disputes import answered, decided, disputed, hears, mails, word_of
from tests.people import Person
from tests.shop import Shop

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
THREE_LEFT, ONE_LEFT = "3 days are left", "One day is left"


@pytest.fixture
def checkout(shop: Shop, client: Person, coach: Person) -> dict[str, Any]:
    """Of a paid booking."""
    _, checkout = shop.pays_for(client, coach)
    return checkout


def due(shop: Shop) -> datetime:
    (dispute,) = shop.rows(Dispute)
    assert dispute.due_by
    return dispute.due_by


def swept(shop: Shop, at: datetime) -> list[str]:
    """The sweep comes by; what all warnings so far say is left."""
    shop.work(deadlines.warn, at, 100)
    return [mail.text_body.partition(" to answer")[0] for mail in mails(shop, "dispute_deadline")]


def test_three_days_and_one_day_before_it_once_each(
    shop: Shop, client: Person, checkout: dict[str, Any]
) -> None:
    disputed(shop, client, checkout)
    hears(shop, checkout)
    deadline = due(shop)

    assert swept(shop, deadline - 3 * DAY - HOUR) == []
    for _ in range(2):
        assert swept(shop, deadline - 3 * DAY) == [THREE_LEFT]
    for _ in range(2):
        assert swept(shop, deadline - DAY) == [THREE_LEFT, ONE_LEFT]
    assert swept(shop, deadline + DAY) == [THREE_LEFT, ONE_LEFT]

    (dispute,) = shop.rows(Dispute)
    assert dispute.warn_at is None
    (first, _) = mails(shop, "dispute_deadline")
    assert first.subject.startswith(f"Answer by {deadline:%A} {deadline.day} {deadline:%B %Y, %H:%M} UTC: ")
    assert f"flask stripe submit-evidence {dispute.stripe_dispute_id}" in first.text_body
    assert "\n\nWhat to do: " in first.text_body


def test_of_an_inquiry_too(shop: Shop, client: Person, checkout: dict[str, Any]) -> None:
    disputed(shop, client, checkout, inquiry=True)
    hears(shop, checkout)

    assert swept(shop, due(shop) - DAY) == [ONE_LEFT]
    assert "No money has moved yet" in mails(shop, "dispute_deadline")[0].text_body


def test_not_once_evidence_was_submitted_on_stripe_s_page(
    shop: Shop, client: Person, checkout: dict[str, Any]
) -> None:
    answered(shop, disputed(shop, client, checkout))
    hears(shop, checkout)

    assert swept(shop, due(shop) - HOUR) == []


def test_not_once_it_is_decided(shop: Shop, client: Person, checkout: dict[str, Any]) -> None:
    decided(shop, disputed(shop, client, checkout), "lost")
    hears(shop, checkout)

    assert swept(shop, due(shop) - HOUR) == []


def test_what_is_told_in_between_forgets_no_warning_and_repeats_none(
    shop: Shop, client: Person, checkout: dict[str, Any]
) -> None:
    disputed(shop, client, checkout)
    hears(shop, checkout)
    deadline = due(shop)
    assert swept(shop, deadline - 3 * DAY) == [THREE_LEFT]

    (created,) = word_of(shop, checkout, "created")
    shop.deliver_event(created, reason="general")  # some news, whatever it is

    assert swept(shop, deadline - 3 * DAY + HOUR) == [THREE_LEFT]
    assert swept(shop, deadline - DAY) == [THREE_LEFT, ONE_LEFT]


def test_a_sweep_after_an_outage_tells_what_is_left_and_nothing_once_it_is_over(
    shop: Shop, client: Person, checkout: dict[str, Any]
) -> None:
    disputed(shop, client, checkout)
    hears(shop, checkout)
    deadline = due(shop)

    assert swept(shop, deadline - 2 * DAY) == ["2 days are left"]
    assert swept(shop, deadline + HOUR) == ["2 days are left"]


def test_a_later_deadline_is_warned_of_anew(shop: Shop, client: Person, checkout: dict[str, Any]) -> None:
    disputed(shop, client, checkout)
    hears(shop, checkout)
    deadline = due(shop)
    swept(shop, deadline - DAY)
    (created,) = word_of(shop, checkout, "created")
    details = created["data"]["object"]["evidence_details"]

    shop.deliver_event(created, evidence_details=details | {"due_by": details["due_by"] + 7 * 86400})

    assert swept(shop, deadline + 4 * DAY) == [ONE_LEFT, THREE_LEFT]


def test_where_the_bank_takes_no_answer_there_is_no_deadline(
    shop: Shop, client: Person, checkout: dict[str, Any]
) -> None:
    disputed(shop, client, checkout)
    (created,) = word_of(shop, checkout, "created")
    details = created["data"]["object"]["evidence_details"]

    shop.deliver_event(created, evidence_details=details | {"due_by": 0})

    (dispute,) = shop.rows(Dispute)
    assert (dispute.due_by, dispute.warn_at) == (None, None)
    assert "The bank accepts no evidence" in mails(shop)[0].text_body


def test_the_sweep_reads_an_index(shop: Shop) -> None:
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    query = "EXPLAIN SELECT * FROM dispute WHERE warn_at <= now() ORDER BY warn_at LIMIT 500"
    plan = "\n".join(db.session.scalars(text(query)))
    assert "ix_dispute_to_warn_of" in plan
