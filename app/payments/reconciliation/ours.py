"""Which payments of ours Stripe's objects speak of."""

from collections.abc import Mapping
from itertools import chain

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from app.extensions import db
from app.payments.events.payloads import Told
from app.payments.models import Payment, PaymentLine


def payments(told: Mapping[str, Told]) -> dict[str, Payment]:
    """The payment of each, where there is one: by our id, else by the session's, else by the intent's."""
    by_id = {each.payment_id for each in told.values() if each.payment_id}
    by_session = {each.session_id for each in told.values() if each.session_id}
    by_intent = {each.intent_id for each in told.values() if each.intent_id}
    found = db.session.scalars(
        select(Payment)
        .where(
            or_(
                Payment.id.in_(by_id),
                Payment.stripe_session_id.in_(by_session),
                Payment.stripe_payment_intent_id.in_(by_intent),
            )
        )
        .options(selectinload(Payment.lines).selectinload(PaymentLine.booking))
        .execution_options(populate_existing=True)  # a long run must not believe what it read long ago
    ).all()
    known = dict(
        chain.from_iterable(
            ((each.id, each), (each.stripe_session_id, each), (each.stripe_payment_intent_id, each))
            for each in found
        )
    )
    named = {
        thing: known.get(each.payment_id) or known.get(each.session_id) or known.get(each.intent_id)
        for thing, each in told.items()
    }
    return {thing: payment for thing, payment in named.items() if payment}


def summary(payment: Payment) -> str:
    """How it stands, in a few words."""
    return f"{payment.status}, {payment.price}"
