"""Jobs that send several mails each."""

from uuid import UUID

import pytest
from redis import Redis

from app.emails import delivery, smtp
from app.emails.models import Email
from app.emails.status import EmailStatus
from tests.outbox import Post
from tests.people import Person
from tests.programs import Programs
from tests.queues import arguments, queued

RETRY = """
from datetime import timedelta
from uuid import UUID
from celery.exceptions import Retry
from app.emails import delivery
from worker.emails import deliver

one, failing, last = (UUID(int=number) for number in range(3))
waits = {failing: timedelta(seconds=2)}
delivery.deliver_all = lambda ids: waits if list(ids) == [one, failing, last] else {}
ids = tuple(map(str, (one, failing, last)))
deliver.push_request(id="a-job", args=ids, kwargs={}, retries=0, called_directly=False)
try:
    deliver.run(*ids)
except Retry as retry:
    print(retry.when)
"""


def test_a_job_sends_all_its_mails(post: Post, client: Person, coach: Person) -> None:
    mails = [post.waiting(person) for person in (client, coach)]

    assert post.work(delivery.deliver_all, mails) == {}

    assert [len(post.arrived(person)) for person in (client, coach)] == [1, 1]


def test_a_mail_that_fails_keeps_no_other_from_leaving(post: Post, client: Person, coach: Person) -> None:
    failing, fine = (post.waiting(person) for person in (client, coach))
    post.sandbox.mail_fails(at="rcpt", reply="451 4.3.0 Try again later")

    waits = post.work(delivery.deliver_all, [failing, fine])

    assert list(waits) == [failing]
    assert [post.row(each).status for each in (failing, fine)] == [EmailStatus.QUEUED, EmailStatus.SENT]


def test_a_mail_that_is_withdrawn_before_its_turn_stays(
    post: Post, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each mail is claimed when its turn comes, not with the first of its job."""
    first, second = (post.waiting(person) for person in (client, coach))

    def withdraw_the_second(_: Email) -> None:
        post.work(Email.withdraw, Email.id == second)

    monkeypatch.setattr(smtp, "send", withdraw_the_second)

    assert post.work(delivery.deliver_all, [first, second]) == {}

    assert [post.row(each).status for each in (first, second)] == [EmailStatus.SENT, EmailStatus.WITHDRAWN]
    assert [post.row(each).attempts for each in (first, second)] == [1, 0]


def test_only_the_mails_that_failed_are_retried(
    broker: Redis, environment: dict[str, str], programs: Programs
) -> None:
    done = programs.run(RETRY, environment)

    assert done.stdout.strip() == "2.0", done.stderr
    (retry,) = queued(broker, "email")
    assert arguments(retry) == [str(UUID(int=1))]
