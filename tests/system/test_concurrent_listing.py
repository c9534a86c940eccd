"""Operators who decide about a coach at the same moment."""

from functools import partial

import pytest

from tests.people import Person
from tests.stack import Stack
from tests.system.operations import at_once, change, look, operator, outcomes


@pytest.fixture
def newcomer(stack: Stack, coach: Person) -> Person:
    """A coach who waits for an operator."""
    change(stack, "UPDATE coach SET approval = 'waiting' WHERE id = :id", id=coach.id)
    return coach


def recorded(stack: Stack, coach: Person) -> list[str]:
    query = "SELECT action FROM audit_entry WHERE subject = :coach"
    return [action for (action,) in look(stack, query, coach=f"coach:{coach.id}")]


def mailed(stack: Stack, coach: Person) -> list[str]:
    query = "SELECT kind FROM email WHERE recipient = :to AND kind LIKE 'coach_%'"
    return [kind for (kind,) in look(stack, query, to=coach.email)]


def test_of_approving_and_declining_one_wins_and_the_other_is_told(stack: Stack, newcomer: Person) -> None:
    admin = operator(stack)
    bodies = {"approve": {}, "decline": {"reason": "no training"}}
    told = at_once(
        [
            partial(admin.post, f"/admin/coach/{newcomer.id}/{name}", json=body)
            for name, body in bodies.items()
        ]
    )

    assert outcomes(told) == ["200", "decided-otherwise"]
    (winner,) = [answer.json()["status"] for answer in told if answer.is_success]
    assert newcomer.get("/coach/me").json()["approval"] == winner
    assert recorded(stack, newcomer) == [f"coach.{winner.removesuffix('d')}"]
    assert mailed(stack, newcomer) == [f"coach_{winner}"]


def test_approving_three_times_at_once_works_once(stack: Stack, newcomer: Person) -> None:
    press = partial(operator(stack).post, f"/admin/coach/{newcomer.id}/approve", json={})

    assert outcomes(at_once([press] * 3)) == ["200"] * 3

    assert recorded(stack, newcomer) == ["coach.approve"]
    assert mailed(stack, newcomer) == ["coach_approved"]
