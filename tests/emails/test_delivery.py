"""Sending what the outbox holds, over SMTP."""

import socket
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.emails import delivery, smtp
from app.emails.models import DUE, Email
from app.emails.status import EmailStatus
from app.extensions import db, now
from tests.outbox import Post
from tests.people import Person


def test_a_mail_is_sent_and_its_row_says_so(post: Post, client: Person) -> None:
    email_id = post.waiting(client)

    assert post.work(delivery.deliver, email_id) is None

    row = post.row(email_id)
    assert (row.status, row.attempts, row.last_error) == (EmailStatus.SENT, 1, None)
    assert row.sent_at
    assert len(post.arrived(client)) == 1


def test_a_mail_is_sent_once_however_many_jobs_it_has(post: Post, client: Person) -> None:
    for _ in range(3):
        post.work(delivery.deliver, post.waiting(client))

    assert len(post.arrived(client)) == 1


def test_a_mail_that_another_worker_has_claimed_is_left_to_it(post: Post, client: Person) -> None:
    email_id = post.waiting(client)
    post.work(Email.claim, email_id)

    assert post.work(delivery.deliver, email_id) is None

    assert post.arrived(client) == []
    assert post.row(email_id).attempts == 1
    assert post.work(DUE.ids, 10) == []


def test_what_was_sent_while_the_database_was_away_is_noted_later(post: Post, client: Person) -> None:
    email_id = post.waiting(client)
    post.work(Email.claim, email_id)

    post.work(Email.record_sent, email_id)

    assert post.row(email_id).status is EmailStatus.SENT
    assert post.work(delivery.deliver, email_id) is None
    assert post.arrived(client) == []


def test_a_claim_that_ran_out_is_anybodys(post: Post, client: Person) -> None:
    email_id = post.waiting(client)
    post.work(Email.claim, email_id)
    post.make_due()

    assert email_id in post.work(DUE.ids, 10)
    post.work(delivery.deliver, email_id)

    assert post.row(email_id).status is EmailStatus.SENT


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_a_server_that_asks_to_come_again_is_asked_again(post: Post, client: Person, stage: str) -> None:
    email_id = post.waiting(client)
    post.sandbox.mail_fails(at=stage, reply="451 4.3.0 Try again later")

    pause = post.work(delivery.deliver, email_id)

    row = post.row(email_id)
    assert pause is not None
    assert row.status is EmailStatus.QUEUED
    assert abs(row.due_at - now() - pause) < timedelta(seconds=1)
    assert row.last_error == "451 4.3.0 Try again later"
    assert post.arrived(client) == []

    post.make_due()
    post.work(delivery.deliver, email_id)

    assert post.row(email_id).last_error is None
    assert len(post.arrived(client)) == 1


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_a_server_that_says_no_is_not_asked_again(post: Post, client: Person, stage: str) -> None:
    email_id = post.waiting(client)
    post.sandbox.mail_fails(at=stage, reply="550 5.1.1 No such user")

    assert post.work(delivery.deliver, email_id) is None

    row = post.row(email_id)
    assert (row.status, row.last_error) == (EmailStatus.FAILED, "550 5.1.1 No such user")
    post.make_due()
    post.work(delivery.deliver, email_id)
    assert post.arrived(client) == []
    assert email_id not in post.work(DUE.ids, 10)


def test_a_server_that_is_away_is_asked_again(
    post: Post, client: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = server.getsockname()[1]
    with monkeypatch.context() as for_now:
        for_now.setattr(post.app.extensions["mail"], "port", nobody)
        assert post.work(delivery.deliver, post.waiting(client)) is not None

    row = post.row(post.waiting(client))
    assert row.status is EmailStatus.QUEUED
    assert "refused" in (row.last_error or "").lower()


def test_a_repeat_after_a_lost_answer_bears_the_same_message_id(post: Post, client: Person) -> None:
    email_id = post.waiting(client)
    post.sandbox.mail_fails(at="data", drop_after_data=True)
    post.work(delivery.deliver, email_id)
    assert post.row(email_id).status is EmailStatus.QUEUED
    post.make_due()

    post.work(delivery.deliver, email_id)

    mails = post.arrived(client)
    assert len(mails) == 2
    assert {mail["message_id"] for mail in mails} == {f"<{email_id}@culturebridge>"}


def test_in_the_end_it_is_given_up(post: Post, client: Person) -> None:
    email_id = post.waiting(client)
    post.sandbox.mail_fails(reply="451 4.3.0 Try again later", times=delivery.RETRIES.max_attempts)

    for _ in range(delivery.RETRIES.max_attempts):
        pause = post.work(delivery.deliver, email_id)
        post.make_due()

    assert pause is None
    row = post.row(email_id)
    assert (row.status, row.attempts) == (EmailStatus.FAILED, delivery.RETRIES.max_attempts)


@pytest.mark.parametrize("error", [smtp.Refused("550 No"), smtp.Unreachable("timed out"), ValueError("odd")])
def test_a_worker_that_fails_after_another_sent_the_mail_unsays_nothing(
    post: Post, client: Person, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    email_id = post.waiting(client)

    def fail_late(_: Email) -> None:
        post.work(Email.record_sent, email_id)
        raise error

    monkeypatch.setattr(smtp, "send", fail_late)

    assert post.work(delivery.deliver, email_id) is None

    row = post.row(email_id)
    assert (row.status, row.last_error) == (EmailStatus.SENT, None)
    assert email_id not in post.work(DUE.ids, 10)


def test_a_mail_that_is_not_there_is_no_failure(post: Post, client: Person) -> None:
    email_id = post.waiting(client)
    db.session.execute(text("DELETE FROM email"))
    db.session.commit()

    assert post.work(delivery.deliver, email_id) is None
