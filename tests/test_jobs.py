"""Jobs leave with the commit that they belong to, and find their way to the right worker."""

import httpx
import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import text

from app.extensions import db
from app.jobs import after_commit, enqueue
from tests.people import PASSWORD
from tests.queues import QUEUES, queued


def test_a_job_waits_for_the_commit(app: Flask, broker: Redis) -> None:
    after_commit("emails.deliver", "an-id")
    assert queued(broker, "email") == []

    db.session.commit()

    assert [message["headers"]["task"] for message in queued(broker, "email")] == ["emails.deliver"]


def test_a_released_savepoint_is_no_commit(app: Flask, broker: Redis) -> None:
    after_commit("emails.deliver", "an-id")
    with db.session.begin_nested():
        pass
    assert queued(broker, "email") == []

    db.session.commit()

    assert len(queued(broker, "email")) == 1


def test_a_savepoint_that_is_rolled_back_leaves_the_jobs_before_it(app: Flask, broker: Redis) -> None:
    after_commit("emails.deliver", "an-id")
    db.session.begin_nested().rollback()
    db.session.commit()

    assert len(queued(broker, "email")) == 1


def test_what_is_rolled_back_enqueues_nothing(app: Flask, broker: Redis) -> None:
    db.session.execute(text("SELECT 1"))
    after_commit("emails.deliver", "an-id")
    db.session.rollback()
    db.session.commit()

    assert queued(broker, "email") == []


def test_a_job_carries_the_id_of_the_request_that_caused_it(http: httpx.Client, broker: Redis) -> None:
    person = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}

    http.post("/auth/register", json=person, headers={"X-Request-ID": "registering-ada"})

    (message,) = queued(broker, "email")
    assert message["headers"]["task"] == "emails.deliver"
    assert message["headers"]["request_id"] == "registering-ada"


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("payments.handle_event", "events"),
        ("emails.deliver", "email"),
        ("bookings.expire_holds", "schedule"),
    ],
)
def test_each_queue_gets_only_its_own_jobs(app: Flask, broker: Redis, task: str, queue: str) -> None:
    enqueue(task, "an-id")

    assert {name: broker.llen(name) for name in QUEUES} == {name: int(name == queue) for name in QUEUES}
