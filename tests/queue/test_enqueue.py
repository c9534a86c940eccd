"""Jobs leave with the commit that they belong to, and find their way to the right worker."""

import socket
from contextlib import closing
from uuid import UUID

import httpx
import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import text

from app.extensions import db
from app.queue.enqueue import after_commit, enqueue, enqueue_directly
from app.queue.names import MOST_IDS, TaskNames
from tests.people import PASSWORD
from tests.queues import QUEUES, arguments, elsewhere, queued


def test_a_job_waits_for_the_commit(app: Flask, broker: Redis) -> None:
    after_commit("emails.deliver", "an-id")
    assert queued(broker, "email") == []

    db.session.commit()

    assert [message["headers"]["task"] for message in queued(broker, "email")] == ["emails.deliver"]


def test_mails_of_one_commit_share_jobs_and_no_other_task_does(app: Flask, broker: Redis) -> None:
    most = MOST_IDS[TaskNames.DELIVER_EMAIL]
    for number in range(most + 2):
        after_commit(TaskNames.DELIVER_EMAIL, f"mail-{number}")
        after_commit(TaskNames.SUBMIT_REFUND, f"refund-{number}")

    db.session.commit()

    ids = [f"mail-{number}" for number in range(most + 2)]
    assert [arguments(message) for message in queued(broker, "email")] == [ids[:most], ids[most:]]
    refunds = [arguments(message) for message in queued(broker, "events")]
    assert refunds == [[f"refund-{number}"] for number in range(most + 2)]


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

    answer = http.post("/auth/register", json=person, headers={"X-Request-ID": "registering-ada"})

    (message,) = queued(broker, "email")
    assert message["headers"]["task"] == "emails.deliver"
    assert message["headers"]["request_id"] == answer.headers["X-Request-ID"]


def test_a_job_that_is_published_directly_is_as_any_other(app: Flask, broker: Redis) -> None:
    enqueue(TaskNames.HANDLE_EVENT, "a payload")
    enqueue_directly(TaskNames.HANDLE_EVENT, "a payload")

    sent, published = queued(broker, "events")
    for message in (sent, published):
        own = {
            name: message["properties"].pop(name) for name in ("correlation_id", "delivery_tag", "reply_to")
        }
        assert own["correlation_id"] == message["headers"]["id"]
        assert str(UUID(own["delivery_tag"])) == own["delivery_tag"]
    assert published | {"headers": None} == sent | {"headers": None}
    assert list(published["headers"]) == list(sent["headers"])
    assert "a payload" not in str(published["headers"])
    different = {key for key, value in published["headers"].items() if value != sent["headers"].get(key)}
    assert different == {"id", "root_id", "argsrepr", "kwargsrepr", "ignore_result"}


def test_a_connection_that_redis_closed_costs_no_job(app: Flask, broker: Redis) -> None:
    enqueue_directly(TaskNames.HANDLE_EVENT, "before")
    assert broker.client_kill_filter(_type="normal", skipme=True) > 0

    enqueue_directly(TaskNames.HANDLE_EVENT, "after")

    assert [arguments(message) for message in queued(broker, "events")] == [["before"], ["after"]]


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


def test_a_broker_that_answers_nobody_is_waited_for_once_and_not_for_each_job(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        after_commit("emails.deliver", f"mail-{number}")
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        monkeypatch.setattr("app.queue.enqueue.queue", elsewhere(server.getsockname()[1]))

        db.session.commit()

    (told,) = [
        record.getMessage() for record in caplog.records if "sweeps will enqueue" in record.getMessage()
    ]
    assert all(f"mail-{number}" in told for number in range(3))
