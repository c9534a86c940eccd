"""Mails to people who had many: what is above the bound, or repeats itself, leaves later in one mail."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from app.accounts.models import Account
from app.bookings import reminders
from app.bookings.models import Booking
from app.emails import delivery, digest, operator_actions, recipient_limits, smtp
from app.emails.models import DUE, Email
from app.emails.outbox import enqueue_email
from app.emails.status import EmailStatus
from app.extensions import db
from tests.accounts.two_factor.authenticator import proven
from tests.outbox import Post
from tests.people import Person, next_week

OTHERS = ("second_factor_on", "second_factor_off", "recovery_codes_renewed", "account_reactivated")


def gets(post: Post, reader: Person, kind: str, times: int = 1) -> None:
    def tell() -> None:
        account = db.session.get_one(Account, UUID(reader.id))
        for number in range(times):
            enqueue_email(kind, uuid4(), account, f"{kind} {number}", when=f"moment {number}", by="you")

    post.work(tell)


def mails(reader: Person, **which: object) -> list[Email]:
    db.session.expire_all()
    found = select(Email).where(Email.recipient == reader.email).filter_by(**which)
    return list(db.session.scalars(found.order_by(Email.created_at)))


def works(post: Post) -> None:
    """The workers send what is due, and what that puts into the outbox."""
    for _ in range(2):
        for email_id in post.work(DUE.ids, 1000):
            post.work(delivery.deliver, email_id)


def test_what_repeats_itself_waits_and_leaves_in_one_mail(post: Post, client: Person) -> None:
    gets(post, proven(client), "account_reactivated", recipient_limits.MAX_OF_KIND + 3)

    works(post)
    assert len(post.arrived(client)) == 1 + recipient_limits.MAX_OF_KIND
    assert {mail.due_at for mail in mails(client, held_back=True)} == {
        recipient_limits.next_time(datetime.now(UTC))
    }
    post.make_due()
    works(post)

    (together,) = mails(client, kind="gathered")
    assert len(post.arrived(client)) == 1 + recipient_limits.MAX_OF_KIND + 1
    assert together.status is EmailStatus.SENT
    for number in range(recipient_limits.MAX_OF_KIND, recipient_limits.MAX_OF_KIND + 3):
        for body in (together.text_body, together.html_body):
            assert f"account_reactivated {number}" in body
            assert f"moment {number}" in body
    kept = mails(client, held_back=True)
    assert {(mail.status, mail.gathered_in) for mail in kept} == {(EmailStatus.WITHDRAWN, together.id)}


def test_above_a_day_s_bound_of_all_kinds_together_everything_waits(post: Post, client: Person) -> None:
    proven(client)
    for kind in OTHERS:
        gets(post, client, kind, recipient_limits.MAX_OF_KIND - 1)
        hour_passes()
    gets(post, client, "account_deactivated", recipient_limits.MAX_VERIFIED)
    leaving = mails(client, held_back=False)
    of_kind = len(mails(client, kind="account_deactivated", held_back=False))

    assert (len(leaving), of_kind) == (min(recipient_limits.MAX_VERIFIED, 1 + 4 * 19 + 20), 20)
    hour_passes()
    gets(post, client, "account_deactivated", 10)
    of_proof = 1  # which has a bound of its own
    assert len(mails(client, held_back=False)) == recipient_limits.MAX_VERIFIED + of_proof


def hour_passes() -> None:
    db.session.execute(text("UPDATE email SET created_at = created_at - interval '61 minutes'"))
    db.session.commit()


def test_one_that_waited_alone_leaves_as_it_is(post: Post, client: Person) -> None:
    gets(post, proven(client), "account_reactivated", recipient_limits.MAX_OF_KIND + 1)
    (waiting,) = mails(client, held_back=True)
    post.make_due()
    works(post)

    assert [mail.subject for mail in mails(client, id=waiting.id, status=EmailStatus.SENT)] == [
        waiting.subject
    ]
    assert mails(client, kind="gathered") == []


def test_fifty_are_in_one_mail_and_the_rest_in_the_next(post: Post, client: Person) -> None:
    gets(post, proven(client), "account_reactivated", recipient_limits.MAX_OF_KIND + 60)
    post.make_due()
    works(post)

    assert [mail.subject[:2] for mail in mails(client, kind="gathered")] == ["50", "10"]


def test_the_next_day_mails_leave_at_once_again(post: Post, client: Person) -> None:
    gets(post, proven(client), "account_reactivated", recipient_limits.MAX_OF_KIND + 1)
    hour_passes()

    gets(post, client, "account_reactivated")

    assert len(mails(client, held_back=True)) == 1


def test_an_operator_who_cannot_wait_sends_it_at_once(post: Post, client: Person) -> None:
    gets(post, proven(client), "account_reactivated", recipient_limits.MAX_OF_KIND + 2)
    first, _ = mails(client, held_back=True)

    post.work(operator_actions.resend, first.id, "asked for by telephone")
    post.work(delivery.deliver, first.id)

    assert post.row(first.id).status is EmailStatus.SENT
    assert len(mails(client, held_back=True)) == 1


def test_words_of_the_erased_go_from_what_was_gathered_too(
    post: Post, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipient_limits, "MAX_VERIFIED", 0)
    proven(coach)
    booking = client.books(coach)
    db.session.execute(text("UPDATE booking SET status = 'confirmed' WHERE id = :id"), {"id": booking["id"]})
    db.session.commit()
    for hours in (24, 1):
        remind(post, booking["id"], hours)
    assert len(mails(coach, kind="reminder", held_back=True)) == 2
    post.make_due()
    works(post)
    together = mails(coach, kind="gathered")
    name = client.get("/auth/me").json()["name"]
    assert any(name in mail.text_body for mail in together)

    client.ask("DELETE", "/auth/me", json={"password": "correct horse battery"}).raise_for_status()

    db.session.expire_all()
    assert not any(name in mail.text_body + mail.html_body for mail in mails(coach, kind="gathered"))


def remind(post: Post, booking_id: str, hours: int) -> None:

    def tell() -> None:
        booking = Booking.locked(UUID(booking_id))
        assert booking
        reminders.enqueue(booking, booking.coach.account, hours)

    post.work(tell)


@pytest.mark.parametrize(
    ("at", "leaves"),
    [("10:00:00", "10:30"), ("10:29:59", "10:30"), ("10:30:00", "11:00"), ("23:59:59", "00:00")],
)
def test_what_waits_leaves_on_each_half_hour(at: str, leaves: str) -> None:
    moment = datetime.fromisoformat(f"2031-03-05T{at}+00:00")

    assert f"{recipient_limits.next_time(moment):%H:%M}" == leaves
    assert recipient_limits.next_time(moment) > moment


@pytest.mark.parametrize("news", ["cancel", "reschedule"])
def test_that_a_session_was_moved_does_not_leave_after_it_was_moved_again_or_cancelled(
    client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch, news: str
) -> None:
    booking = client.books(coach)
    db.session.execute(text("UPDATE booking SET status = 'confirmed' WHERE id = :id"), {"id": booking["id"]})
    db.session.commit()
    moved = {"session_datetime": next_week(2).isoformat()}
    monkeypatch.setattr(recipient_limits, "MAX_VERIFIED", 0)
    coach.post(f"/booking/{booking['id']}/reschedule", json=moved).raise_for_status()
    (waiting,) = mails(coach, kind="booking_moved", held_back=True, status=EmailStatus.QUEUED)

    body = {"session_datetime": next_week(4).isoformat()} if news == "reschedule" else {}
    coach.post(f"/booking/{booking['id']}/{news}", json=body).raise_for_status()

    assert mails(coach, id=waiting.id, status=EmailStatus.WITHDRAWN)
    assert len(mails(coach, status=EmailStatus.QUEUED, held_back=True)) == 1


def test_one_that_the_server_refuses_keeps_no_other_from_leaving(
    post: Post, client: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    proven(client)
    monkeypatch.setattr(recipient_limits, "MAX_VERIFIED", 0)
    gets(post, client, "account_reactivated", 7)
    send = smtp.send

    def refuse(email: Email) -> None:
        if "moment 4" in email.text_body:
            raise smtp.Refused("554 5.7.1 looks like spam")
        send(email)

    monkeypatch.setattr(smtp, "send", refuse)
    post.make_due()
    for _ in range(3):
        works(post)

    left = "".join(mail.text_body for mail in mails(client, status=EmailStatus.SENT))
    assert [number for number in range(7) if f"moment {number}" in left] == [0, 1, 2, 3, 5, 6]
    (failed,) = mails(client, status=EmailStatus.FAILED)
    assert (failed.kind, "moment 4" in failed.text_body) == ("account_reactivated", True)


def test_an_answer_to_mails_about_sessions_with_one_person_reaches_that_one(
    post: Post, client: Person
) -> None:
    proven(client)

    def tell(*others: str | None) -> None:
        account = db.session.get_one(Account, UUID(client.id))
        for other in others:
            enqueue_email("account_reactivated", uuid4(), account, "", reply_to=other, when="", by="you")
        held_back = text(
            "UPDATE email SET held_back = true, due_at = now() WHERE kind = 'account_reactivated'"
        )
        db.session.execute(held_back)

    for others, reply_to in (
        (("one@example.com", "one@example.com"), "one@example.com"),
        (("one@example.com", "two@example.com"), None),
        (("one@example.com", None), None),
    ):
        post.work(tell, *others)
        post.work(digest.gather, mails(client, kind="account_reactivated", status=EmailStatus.QUEUED)[0].id)
        assert mails(client, kind="gathered")[-1].reply_to == reply_to
