"""What a reconciliation asks of our books for one step of a window; what Stripe would say is made up."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute

from app.extensions import db
from app.payments.events.models import StripeEvent
from app.payments.events.payloads import StripeObject
from app.payments.models import Payment, Refund
from app.payments.reconciliation.lists import MOST
from app.payments.reconciliation.run import SUBJECTS
from app.payments.reconciliation.subject import Found
from app.payments.reconciliation.windows import Stage, nightly
from app.payments.status import PAID
from app.payments.stripe.listing import Span
from bench.question import Ask, Question

Rows = Select[*tuple[Any, ...]]
STEP = MOST // 2
OPEN = {Stage.STUCK_EVENTS, Stage.OPEN_PAYMENTS, Stage.OPEN_REFUNDS}
"""However old; the others look at the same days at every size."""
HELD = [Stage.SESSIONS, Stage.REFUNDS, *sorted(OPEN)]
"""What begins with our rows; a business here has no disputes."""


def questions() -> list[Question]:
    """What we hold of the last days and of all that is open, and what we know of a page that Stripe lists."""
    return [
        *(Question(f"reconciliation: {stage} held", _held(stage)) for stage in HELD),
        *(Question(f"reconciliation: {stage} listed", _listed(stage), None) for stage in _TOLD),
    ]


def _held(stage: Stage) -> Callable[[int], Ask]:
    window = nightly()
    span = Span(*window.span(stage)) if stage in OPEN else Span(window.since, window.until)
    return lambda _: lambda: len(SUBJECTS[stage].held(span, MOST + 1))


def _listed(stage: Stage) -> Callable[[int], Ask]:
    """The latest, of which Stripe says just what our books say: looked up, and nothing is left to settle."""
    rows, tell = _TOLD[stage]

    def by(_: int) -> Ask:
        found: Found = {row.id: tell(row) for row in db.session.execute(rows.limit(STEP))}
        return lambda: len(found) - len(SUBJECTS[stage].differing(found))

    return by


def _payments(of_stripe: InstrumentedAttribute[str | None]) -> Rows:
    columns = of_stripe.label("id"), Payment.id.label("ours"), Payment.amount_minor, Payment.currency
    query = select(*columns).where(Payment.status.in_(PAID), of_stripe.is_not(None))
    return query.order_by(Payment.created_at.desc(), Payment.id)


def _refunds() -> Rows:
    columns = Refund.stripe_refund_id.label("id"), Refund.amount_minor, Refund.currency, Refund.status
    query = select(*columns, Payment.stripe_payment_intent_id.label("intent")).join(Payment)
    return query.where(Refund.stripe_refund_id.is_not(None)).order_by(Refund.created_at.desc(), Refund.id)


def _events() -> Rows:
    return select(StripeEvent.id).order_by(StripeEvent.received_at.desc(), StripeEvent.id)


def _session(row: Any) -> StripeObject:
    said = {"status": "complete", "payment_status": "paid", "payment_intent": None}
    return {**_of_payment(row), **said, "amount_total": row.amount_minor}


def _intent(row: Any) -> StripeObject:
    said = {"status": "succeeded", "latest_charge": None}
    return {**_of_payment(row), **said, "amount_received": row.amount_minor}


def _of_payment(row: Any) -> StripeObject:
    metadata = {"payment_id": str(row.ours)}
    return {"id": row.id, "currency": row.currency.lower(), "livemode": False, "metadata": metadata}


def _refund(row: Any) -> StripeObject:
    said = {"id": row.id, "status": row.status, "amount": row.amount_minor, "currency": row.currency}
    return {**said, "payment_intent": row.intent, "metadata": {}}


def _event(row: Any) -> StripeObject:
    return {"id": row.id}


_TOLD: Mapping[Stage, tuple[Rows, Callable[[Any], StripeObject]]] = {
    Stage.EVENTS: (_events(), _event),
    Stage.SESSIONS: (_payments(Payment.stripe_session_id), _session),
    Stage.INTENTS: (_payments(Payment.stripe_payment_intent_id), _intent),
    Stage.REFUNDS: (_refunds(), _refund),
}
"""Rows of ours, and what Stripe says of each."""
