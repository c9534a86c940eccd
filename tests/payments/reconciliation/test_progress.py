"""A run that is left in the middle, turn after turn, comes to its end all the same."""

from datetime import timedelta

from app.extensions import now
from app.payments.models import Payment
from app.payments.reconciliation import progress, run
from app.payments.reconciliation.progress import Reconciliation
from app.payments.reconciliation.windows import Stage, Window
from tests.payments.reconciliation.comparisons import PATIENCE, compared
from tests.people import Person, next_week
from tests.shop import Shop


def one_step(shop: Shop) -> bool:
    """A turn of beat's: one step, then others have the worker. Whether all is done."""
    window = Window("nightly", now() - timedelta(days=3), now() + timedelta(seconds=1), [*Stage], again=100)
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


def begun(shop: Shop, name: str, again: int) -> Reconciliation:
    """The first row of a run of beat's over the last two hours."""
    window = Window(name, now() - timedelta(hours=2), now(), [Stage.SESSIONS], again)
    (row,) = shop.work(progress.begin, window)
    return row


def test_of_what_was_compared_a_limited_part_is_compared_again(
    silent: Shop, client: Person, coach: Person
) -> None:
    for hour in (8, 10, 12):
        client.checks_out(client.books(coach, next_week(hour)))
    made = [row.created_at for row in silent.rows(Payment)]
    first = begun(silent, "recent", again=2)
    silent.work(progress.advance, first, first.until, 3, 0, 0)

    assert begun(silent, "recent", again=2).since == sorted(made)[-2]
    assert begun(silent, "nightly", again=100).since < min(made) - timedelta(hours=1)


def test_what_no_run_of_beat_s_has_compared_is_compared_however_much_it_is(
    silent: Shop, client: Person, coach: Person
) -> None:
    for hour in (8, 10, 12):
        client.checks_out(client.books(coach, next_week(hour)))
    first = begun(silent, "recent", again=2)
    point = min(row.created_at for row in silent.rows(Payment))
    silent.work(progress.advance, first, point, 0, 0, 0)

    assert begun(silent, "nightly", again=1).since == point


def test_when_one_has_ended_the_next_can_begin_at_once(silent: Shop) -> None:
    at = now()
    window = Window("at once", at - timedelta(hours=1), at, [Stage.STUCK_EVENTS])

    assert all(compared(silent, window) == {} for _ in range(20))
