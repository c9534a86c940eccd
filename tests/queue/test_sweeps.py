"""A sweep walks over everything that is due: each row once a walk, at the pace of the workers."""

from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import text, update

from app.config.settings import current_settings
from app.extensions import db, now
from app.payments.webhook import inbox
from app.queue import sweeps
from app.queue.enqueue import MAX_WAITING, enqueue
from app.queue.names import MOST_IDS, TaskNames
from app.queue.sweeps import PORTION, SILENT_INTERVALS, Sweep
from tests.queues import arguments, queued, taken

SWEEP, JOB = TaskNames.REQUEUE_DUE_EVENTS, TaskNames.PROCESS_RECORDED_EVENT
MANY = 2 * PORTION + 200
RECEIVED = text(
    "INSERT INTO stripe_event"
    " (id, type, livemode, payload, status, attempts, due_at, received_at, request_id)"
    " SELECT 'evt_' || n, 'customer.created', false, '{}', 'received', 0,"
    " now() - greatest(n, 700) * interval '1 second', now(), 'r' FROM generate_series(1, :many) AS n"
)
"""Of these 700 are due at the same moment."""


@pytest.fixture
def many(app: Flask) -> set[str]:
    """Events whose jobs were lost."""
    db.session.execute(RECEIVED, {"many": MANY})
    return {f"evt_{n}" for n in range(1, MANY + 1)}


def walk(turn: str = "") -> int:
    found = sweeps.walk(SWEEP, JOB, inbox.DUE, turn)
    db.session.commit()
    return found


def worked_off(broker: Redis) -> tuple[Counter[str], list[int]]:
    """What a worker does with the queue until it is empty: the rows of its jobs, and what each turn found."""
    rows: Counter[str] = Counter()
    turns = []
    while message := taken(broker, "events"):
        (argument,) = arguments(message)
        if message["headers"]["task"] == SWEEP:
            turns.append(walk(argument))
        else:
            rows[argument] += 1
    return rows, turns


def silent() -> None:
    """No turn came for longer than beat waits for one."""
    longest = SILENT_INTERVALS * timedelta(seconds=current_settings().requeue_interval_seconds)
    db.session.execute(update(Sweep).values(turned_at=now() - longest - timedelta(seconds=1)))
    db.session.commit()


def test_one_walk_drains_them_all_each_once(many: set[str], broker: Redis) -> None:
    assert walk() == PORTION

    rows, turns = worked_off(broker)

    assert rows == dict.fromkeys(many, 1)
    assert turns == [PORTION, 200, 0]


def test_the_next_portion_waits_until_the_jobs_of_the_last_have_had_their_turn(
    many: set[str], broker: Redis
) -> None:
    walk()

    *jobs, last = queued(broker, "events")
    assert {job["headers"]["task"] for job in jobs} == {JOB}
    assert len(jobs) == PORTION
    assert last["headers"]["task"] == SWEEP


def test_jobs_of_mails_carry_several_rows_each(many: set[str], broker: Redis) -> None:
    assert sweeps.walk(SWEEP, TaskNames.DELIVER_EMAIL, inbox.DUE, "") == PORTION

    *jobs, last = [arguments(message) for message in queued(broker, "email")]
    most = MOST_IDS[TaskNames.DELIVER_EMAIL]
    assert [len(ids) for ids in jobs] == [most] * (PORTION // most)
    assert len({each for ids in jobs for each in ids}) == PORTION
    assert last == ["1"]


def test_beat_adds_nothing_while_a_walk_is_under_way(many: set[str], broker: Redis) -> None:
    walk()

    assert [walk() for _ in range(3)] == [0, 0, 0]
    assert len(queued(broker, "events")) == PORTION + 1


def test_what_is_still_due_has_its_turn_again_in_the_next_walk(many: set[str], broker: Redis) -> None:
    walk()
    worked_off(broker)

    assert walk() == PORTION
    assert worked_off(broker)[0] == dict.fromkeys(many, 1)


def test_other_jobs_on_the_queue_keep_no_row_from_its_own(many: set[str], broker: Redis) -> None:
    for n in range(MAX_WAITING + 1):
        enqueue(TaskNames.HANDLE_EVENT, f"{n}")

    assert walk() == PORTION


def test_what_falls_due_during_a_walk_is_left_to_the_next_so_that_each_ends(
    many: set[str], broker: Redis
) -> None:
    walk()
    db.session.execute(
        text("UPDATE stripe_event SET due_at = now() + interval '1 second' WHERE id = 'evt_1'")
    )

    rows, _ = worked_off(broker)

    assert sum(rows.values()) == MANY - (rows["evt_1"] == 0)


def test_a_worker_that_dies_in_the_middle_of_a_turn_loses_no_row(many: set[str], broker: Redis) -> None:
    walk()
    assert sweeps.walk(SWEEP, JOB, inbox.DUE, "1") == PORTION
    db.session.rollback()  # its jobs are on the queue all the same

    assert walk("1") == PORTION  # the broker delivers the message again

    rows, turns = worked_off(broker)
    assert set(rows) == many
    assert max(rows.values()) == 2
    assert sum(rows.values()) == MANY + PORTION
    assert turns.count(200) == 1


def test_a_walk_whose_next_turn_was_lost_goes_on_where_it_was(many: set[str], broker: Redis) -> None:
    walk()
    first = {arguments(message)[0] for message in queued(broker, "events")[:-1]}
    broker.delete("events")
    assert walk() == 0

    silent()
    assert walk() == PORTION

    assert worked_off(broker)[0] == dict.fromkeys(many - first, 1)


def test_a_turn_that_only_waits_long_is_not_taken_for_lost(many: set[str], broker: Redis) -> None:
    walk()
    silent()

    assert walk() == 0
    assert worked_off(broker)[0] == dict.fromkeys(many, 1)


def test_a_turn_that_was_taken_for_lost_and_comes_after_all_does_nothing(
    many: set[str], broker: Redis
) -> None:
    walk()
    broker.delete("events")
    silent()
    walk()

    assert walk("1") == 0


def test_where_nothing_is_due_nothing_is_enqueued(app: Flask, broker: Redis) -> None:
    assert walk() == 0
    assert queued(broker, "events") == []
