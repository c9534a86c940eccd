"""What the operator is told: the first trouble at once, a flood in one mail, nothing twice, nothing lost."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app import alerts
from app.admin import alert_mail
from app.alerts import AlertKind, AlertText
from app.config.settings import settings_of
from app.emails import delivery
from app.emails.models import Email
from app.emails.status import EmailStatus
from app.extensions import db
from tests.outbox import Post
from tests.people import Person

OPS = "ops@culturebridge.example"
Troubles = Callable[..., None]


@pytest.fixture
def trouble(post: Post) -> Troubles:
    """Puts troubles on record, as jobs that give up do."""

    def note(kind: AlertKind, *subjects: str) -> None:
        post.work(
            alerts.record_each, kind, [AlertText(each, f"{kind} {each}: it broke") for each in subjects]
        )

    return note


def beat(post: Post) -> int:
    return post.work(alert_mail.send_digest)


def minutes_pass(minutes: int) -> None:
    ago = {"span": timedelta(minutes=minutes)}
    db.session.execute(
        text("UPDATE trouble SET told_at = told_at - :span, created_at = created_at - :span"), ago
    )
    db.session.commit()


def mails() -> list[Email]:
    db.session.expire_all()
    query = select(Email).where(Email.kind == "needs_attention").order_by(Email.created_at)
    return list(db.session.scalars(query))


def test_the_first_is_told_at_once_and_what_to_do_where(post: Post, trouble: Troubles) -> None:
    trouble(AlertKind.STRIPE_EVENT, "evt_1")

    assert (beat(post), beat(post)) == (1, 0)

    (mail,) = mails()
    assert (mail.recipient, mail.subject) == (OPS, "Needs attention: stripe_event evt_1: it broke")
    for body in (mail.text_body, mail.html_body):
        assert "1 failed event" in body
        assert "/admin/stripe-event?status=failed" in body
        assert "/admin/stripe-event/{id}/replay" in body
        assert "more" not in body


def test_what_follows_waits_until_ten_minutes_are_over_and_comes_in_one_mail(
    post: Post, trouble: Troubles
) -> None:
    trouble(AlertKind.STRIPE_EVENT, "evt_1")
    beat(post)
    trouble(AlertKind.STRIPE_EVENT, "evt_2", "evt_3")
    trouble(AlertKind.LATE_REFUND, "re_1")

    minutes_pass(9)
    assert beat(post) == 0
    minutes_pass(1)
    assert beat(post) == 3

    _, second = mails()
    assert second.subject == "Needs attention: 1 late refund, 2 failed events"
    assert "evt_1:" not in second.text_body
    assert all(each in second.text_body for each in ("evt_2:", "evt_3:", "re_1:"))


def test_a_flood_makes_six_mails_an_hour(post: Post, trouble: Troubles) -> None:
    for minute in range(60):
        trouble(AlertKind.EMAIL, f"of minute {minute}")
        beat(post)
        minutes_pass(1)

    assert len(mails()) == 6
    assert alerts.unsent_counts()[AlertKind.EMAIL] == 9


def test_twenty_are_spelled_out_and_none_is_hidden_by_a_flood_of_others(
    post: Post, trouble: Troubles
) -> None:
    trouble(AlertKind.STRIPE_EVENT, *(f"evt_{number}" for number in range(200)))
    trouble(AlertKind.FAILED_REFUND, "re_1")

    assert beat(post) == 201

    (mail,) = mails()
    assert mail.subject == "Needs attention: 1 failed refund, 200 failed events"
    for body in (mail.text_body, mail.html_body):
        assert body.count("it broke") == 20
        assert "failed_refund re_1: it broke" in body
        assert "and 181 more" in body
        assert body.count("replay it") == 1


def test_a_subject_is_told_once_however_often_it_fails(post: Post, trouble: Troubles) -> None:
    for _ in range(2):
        trouble(AlertKind.LATE_REFUND, "re_1")
        beat(post)
        minutes_pass(11)

    assert len(mails()) == 1


def test_what_was_about_to_be_told_when_all_died_is_told_later(post: Post, trouble: Troubles) -> None:
    trouble(AlertKind.STRIPE_EVENT, "evt_1")

    alert_mail.send_digest()
    db.session.rollback()

    assert mails() == []
    assert beat(post) == 1


def test_without_an_address_all_is_kept_until_there_is_one(
    post: Post, trouble: Troubles, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(post.app)
    trouble(AlertKind.STRIPE_EVENT, "evt_1")
    with monkeypatch.context() as at_first:
        at_first.setattr(settings, "ops_email", None)
        assert beat(post) == 0

    assert alerts.unsent_counts()[AlertKind.STRIPE_EVENT] == 1
    assert beat(post) == 1


def refused(post: Post, email_id: UUID) -> Email:
    """Sent to a server that says no, for good."""
    post.sandbox.mail_fails(at="rcpt", reply="550 5.1.1 No such user here")
    post.work(delivery.deliver, email_id)
    return post.row(email_id)


def test_a_mail_that_failed_for_good_is_told_with_its_kind_reader_and_error(
    post: Post, client: Person
) -> None:
    email_id = post.waiting(client)

    assert refused(post, email_id).status is EmailStatus.FAILED
    assert beat(post) == 1

    (mail,) = mails()
    for said in (client.email, "verify_address", str(email_id), "550 5.1.1 No such user here"):
        assert said in mail.text_body
    assert "/admin/email/{id}/resend" in mail.text_body


def test_a_mail_that_is_tried_again_is_no_trouble(post: Post, client: Person) -> None:
    post.sandbox.mail_fails(at="rcpt", reply="451 4.3.0 Try again later")
    post.work(delivery.deliver, post.waiting(client))

    assert beat(post) == 0


def test_a_mail_to_the_operator_that_fails_causes_no_other(post: Post, trouble: Troubles) -> None:
    trouble(AlertKind.STRIPE_EVENT, "evt_1")
    beat(post)

    assert refused(post, mails()[0].id).status is EmailStatus.FAILED
    minutes_pass(11)

    assert beat(post) == 0
    assert [each.subject_id for each in alerts.newest(10)] == ["evt_1"]
