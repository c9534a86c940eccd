"""Changes of a booking, and the calendar files that the mails about them carry."""

from email import message_from_bytes, policy

from sqlalchemy import select

from app.emails import delivery
from app.emails.models import Email
from app.emails.status import EmailStatus
from app.extensions import db
from tests.outbox import Post
from tests.people import Person, next_week


def files(post: Post, reader: Person, kind: str) -> list[str]:
    """The calendar files in the mails of one kind that somebody got, the oldest first, as they arrived."""
    waiting = select(Email.id).where(Email.status == EmailStatus.QUEUED, Email.recipient == reader.email)
    for email_id in db.session.scalars(waiting).all():
        post.work(delivery.deliver, email_id)
    sent = Email.recipient == reader.email, Email.kind == kind, Email.status == EmailStatus.SENT
    rows = select(Email).where(*sent)
    names = [row.message_id for row in db.session.scalars(rows.order_by(Email.created_at))]
    arrived = {mail["message_id"]: mail for mail in post.arrived(reader)}
    assert names, f"no mail {kind}"
    return [file for name in names for file in _parts(post.raw(arrived[name]))]


def _parts(mail: bytes) -> list[str]:
    message = message_from_bytes(mail, policy=policy.default)
    found = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    return [part.get_payload(decode=True).decode() for part in found]  # type: ignore[union-attr]


def moves(person: Person, booking_id: str, hour: int) -> None:
    wish = {"session_datetime": next_week(hour).isoformat()}
    assert person.post(f"/booking/{booking_id}/reschedule", json=wish).status_code == 200


def cancels(person: Person, booking_id: str) -> None:
    assert person.post(f"/booking/{booking_id}/cancel", json={"reason": "I am; ill, and\nsorry"}).is_success
