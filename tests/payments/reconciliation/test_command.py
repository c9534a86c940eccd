"""`flask stripe reconcile`: what it says, and how it ends."""

from typing import Any

import pytest
from sqlalchemy import text

from app.extensions import db
from tests.people import Person
from tests.shop import Shop


def ended(shop: Shop, *options: str) -> tuple[int, str]:
    """The command's exit code and what it said."""
    result = shop.app.test_cli_runner().invoke(args=["stripe", "reconcile", *options])
    return result.exit_code, result.output


def test_it_settles_what_it_can_and_sums_up(silent: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    silent.paid(client.checks_out(booking))

    code, said = ended(silent, "--since", "1h")

    assert code == 0, said
    assert client.booking(booking)["status"] == "confirmed"
    table = {line[:20].strip(): line[20:].split() for line in said.splitlines() if len(line.split()) >= 4}
    assert table["events"] == ["2", "2", "0"]
    assert table["checkout sessions"] == ["1", "0", "0"]
    assert "comparing payment intents …" in said
    assert said.endswith("\nStripe and our books agree.\n")


def test_it_ends_with_1_and_shows_both_sides_when_differences_remain(
    silent: Shop, client: Person, coach: Person
) -> None:
    checkout = client.checks_out(client.books(coach))
    db.session.execute(text("UPDATE payment SET status = 'succeeded'"))
    db.session.commit()

    code, said = ended(silent)

    assert code == 1, said
    assert "1 difference remains." in said
    assert f"checkout.session {checkout['session_id']} (ours: {checkout['payment_id']})" in said
    assert "Stripe says: open, 75.00 EUR" in said
    assert "we say:      succeeded, 75.00 EUR" in said


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"status": 503, "times": 3}, "continues where it stopped"),
        ({"status": 400}, "An unknown error occurred"),
        ({"status": 401}, "An unknown error occurred"),
    ],
)
def test_it_ends_with_2_when_stripe_will_not_answer(silent: Shop, fault: dict[str, Any], says: str) -> None:
    silent.sandbox.control("/faults", path="/v1/refunds", method="GET", **fault)

    code, said = ended(silent)

    assert (code, says in said) == (2, True), said


def test_a_time_that_is_none_is_refused(silent: Shop) -> None:
    code, said = ended(silent, "--since", "yesterday")

    assert code == 2
    assert "say 24h, 7d, 2026-11-01" in said
