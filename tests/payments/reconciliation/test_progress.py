"""A run that is left in the middle, turn after turn, comes to its end all the same."""

from datetime import timedelta

from app.extensions import now
from app.payments.reconciliation import run
from app.payments.reconciliation.progress import Reconciliation
from app.payments.reconciliation.windows import Stage, Window
from tests.payments.reconciliation.comparisons import PATIENCE, compared
from tests.people import Person
from tests.shop import Shop


def one_step(shop: Shop) -> bool:
    """A turn of beat's: one step, then others have the worker. Whether all is done."""
    window = Window(
        "nightly", now() - timedelta(days=3), now() + timedelta(seconds=1), [*Stage], gapless=True
    )
    steps = run.run(window, PATIENCE)
    next(steps)
    stages = next(steps, [])
    steps.close()
    return all(row.is_done for row in stages)


def test_each_turn_goes_on_where_the_last_one_ended(silent: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    silent.paid(client.checks_out(booking))

    turns = next(turn for turn in range(30) if silent.work(one_step, silent))

    assert turns < len(Stage)
    assert client.booking(booking)["status"] == "confirmed"
    seen = {row.stage: row.seen for row in silent.rows(Reconciliation)}
    assert (seen[Stage.EVENTS], seen[Stage.SESSIONS], seen[Stage.INTENTS]) == (2, 1, 1)  # each once


def test_when_one_has_ended_the_next_can_begin_at_once(silent: Shop) -> None:
    at = now()
    window = Window("at once", at - timedelta(hours=1), at, [Stage.STUCK_EVENTS], gapless=False)

    assert all(compared(silent, window) == {} for _ in range(20))
