"""What failed and waits for an operator."""

from typing import Any

from sqlalchemy import text

from app.emails.models import Email
from app.extensions import db
from tests.people import Person
from tests.shop import Shop

ODD = {"id": "evt_odd", "type": "checkout.session.completed", "data": {"object": {"id": "cs_1"}}}


def change(statement: str, **values: Any) -> None:
    db.session.execute(text(statement), values)
    db.session.commit()


def failed_event(shop: Shop) -> str:
    shop.deliver_event(ODD)
    change("UPDATE stripe_event SET status = 'failed', attempts = 12, last_error = 'LookupError'")
    return "evt_odd"


def mail_of(shop: Shop, person: Person) -> Email:
    return next(mail for mail in shop.rows(Email) if mail.recipient == person.email)
