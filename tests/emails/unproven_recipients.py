"""Mails to an address that is not proven: what causes them, and the workers that send them."""

from datetime import timedelta

from app.emails import delivery
from app.emails.models import DUE
from tests.outbox import Post
from tests.people import Person, next_week

LURE = "open https://evil.example/login"


def cancel_holds(client: Person, coach: Person, holds: int) -> None:
    """Each held by the client, and cancelled by the coach in words of their own."""
    for number in range(holds):
        booking = client.books(coach, next_week() + timedelta(hours=number))
        answer = coach.post(f"/booking/{booking['id']}/cancel", json={"reason": LURE})
        assert answer.status_code == 200, answer.text


def works(post: Post) -> None:
    """The workers send what is due, and what that puts into the outbox."""
    for _ in range(2):
        for email_id in post.work(DUE.ids, 1000):
            post.work(delivery.deliver, email_id)
