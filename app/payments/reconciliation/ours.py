"""Looks up our rows: the payments of Stripe's objects, and the ids that we hold."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, any_, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from app.extensions import db
from app.payments.events.payloads import ReportedPayment
from app.payments.models import Payment, PaymentLine
from app.payments.stripe.listing import Span


def among(column: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """SQL: whether the column has one of the values.

    They are one array: a statement with a parameter for each would be parsed anew for each number of them.
    """
    return column == any_(literal(list(values), ARRAY(column.type)))


def payments(reported: Mapping[str, ReportedPayment]) -> dict[str, Payment]:
    """The payment of each object, if any: by our id, the session's or the intent's."""
    by_id = {each.payment_id for each in reported.values() if each.payment_id}
    by_session = {each.session_id for each in reported.values() if each.session_id}
    by_intent = {each.intent_id for each in reported.values() if each.intent_id}
    found = db.session.scalars(
        select(Payment)
        .where(
            or_(
                among(Payment.id, by_id),
                among(Payment.stripe_session_id, by_session),
                among(Payment.stripe_payment_intent_id, by_intent),
            )
        )
        .execution_options(populate_existing=True)  # a long run must not use rows read long ago
    ).all()
    known = dict(
        chain.from_iterable(
            ((each.id, each), (each.stripe_session_id, each), (each.stripe_payment_intent_id, each))
            for each in found
        )
    )
    named = {
        thing: known.get(each.payment_id) or known.get(each.session_id) or known.get(each.intent_id)
        for thing, each in reported.items()
    }
    return {thing: payment for thing, payment in named.items() if payment}


def read_bookings(of: Collection[Payment]) -> None:
    """Read the bookings of payments, and these again, by three queries."""
    if of:
        db.session.scalars(
            select(Payment)
            .where(among(Payment.id, [payment.id for payment in of]))
            .options(selectinload(Payment.lines).selectinload(PaymentLine.booking))
            .execution_options(populate_existing=True)
        ).all()


def summary(payment: Payment) -> str:
    """The state in a few words."""
    return f"{payment.status}, {payment.price}"


def held(
    stripe_id: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], *which: ColumnElement[bool]
) -> Callable[[Span, int | None], Sequence[str]]:
    """Creates a subject's `held`: Stripe's ids in this column, of our rows created in a span."""
    made: InstrumentedAttribute[datetime] = stripe_id.class_.created_at

    def of(span: Span, most: int | None) -> Sequence[str]:
        query = select(stripe_id).where(made >= span.since, made < span.until, stripe_id.is_not(None), *which)
        return [each for each in db.session.scalars(query.limit(most)) if each]

    return of
