"""Reconciliation of refunds, made by us or in Stripe's dashboard."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from uuid import UUID

from sqlalchemy import or_, select

from app.extensions import db, now
from app.money.money import Money
from app.payments.events.payloads import StripeObject, refund_status
from app.payments.models import Payment, Refund
from app.payments.reconciliation import ours
from app.payments.reconciliation.differences import Sides
from app.payments.reconciliation.subject import Disagreement, Found, Subject, nothing_listed
from app.payments.refunds import events as refund_events
from app.payments.status import NOT_REFUNDED, RefundStatus
from app.payments.stripe import deployment, listing
from app.payments.stripe.listing import Kind


def _compare(made: StripeObject, refund: Refund | None, payment_id: UUID | None) -> Disagreement | None:
    money = Money(made["amount"], made["currency"].upper())
    says = f"{made['status']}, {money}"
    if refund is None:
        return _unknown_here(made, says, payment_id)
    sides = Sides(says, f"{refund.status}, {refund.money}", refund.id)
    if refund.stripe_refund_id not in {None, made["id"]}:
        return Disagreement(replace(sides, we_say=f"{sides.we_say}, by {refund.stripe_refund_id}"))
    if money != refund.money:
        return Disagreement(sides)
    if refund.status is refund_status(made) and refund.stripe_refund_id:
        return None
    return Disagreement(sides, partial(refund_events.on_event, made, now()))


def _unknown_here(made: StripeObject, says: str, payment_id: UUID | None) -> Disagreement | None:
    """Record it if its payment is ours. Otherwise it is ours only if it carries a row's id."""
    claimed = refund_events.claimed_id(made)
    if payment_id:
        sides = Sides(says, f"payment {payment_id} has no such refund", claimed)
        return Disagreement(sides, partial(refund_events.on_event, made, now()))
    return Disagreement(Sides(says, "there is no such refund", claimed)) if claimed else None


def _to_record(known: Mapping[str, StripeObject]) -> dict[str, StripeObject]:
    """The refunds that we must record, among those of other deployments too."""
    unclaimed = deployment.not_claimed_by_others(known)
    return {
        each: made
        for each, made in known.items()
        if each in unclaimed or not refund_events.of_another_deployment(made)
    }


def _ours(known: Mapping[str, StripeObject]) -> dict[str, Refund]:
    claimed = {refund_id: refund_events.claimed_id(made) for refund_id, made in known.items()}
    rows = db.session.scalars(
        select(Refund)
        .where(
            or_(
                ours.among(Refund.id, set(claimed.values()) - {None}),
                ours.among(Refund.stripe_refund_id, known),
            )
        )
        .execution_options(populate_existing=True)
    ).all()
    by_id = dict(chain.from_iterable(((row.id, row), (row.stripe_refund_id, row)) for row in rows))
    named = {each: by_id.get(each) or by_id.get(claimed[each]) for each in known}
    return {each: row for each, row in named.items() if row and refund_events.is_for(row, known[each])}


def _payment_ids(known: Mapping[str, StripeObject]) -> dict[str, UUID]:
    """Our payments by Stripe's payment intents."""
    of_intents = {made["payment_intent"] for made in known.values() if made["payment_intent"]}
    rows = db.session.execute(
        select(Payment.stripe_payment_intent_id, Payment.id).where(
            ours.among(Payment.stripe_payment_intent_id, of_intents)
        )
    )
    return {intent_id: payment_id for intent_id, payment_id in rows if intent_id}


def _differing(found: Found) -> Sequence[str]:
    known = _to_record({refund_id: made for refund_id, made in found.items() if made})
    rows, payments = _ours(known), _payment_ids(known)
    differing = [
        refund_id
        for refund_id, made in known.items()
        if _compare(made, rows.get(refund_id), payments.get(made["payment_intent"]))
    ]
    return [*differing, *(refund_id for refund_id, made in found.items() if made is None)]


def _examine(refund_id: str, made: StripeObject | None) -> Disagreement | None:
    if made is None:
        return _unknown_there(refund_id)
    known = _to_record({refund_id: made})
    if not known:
        return None
    return _compare(made, _ours(known).get(refund_id), _payment_ids(known).get(made["payment_intent"]))


def _unknown_there(refund_id: str) -> Disagreement | None:
    refund = db.session.scalar(
        select(Refund).where(Refund.stripe_refund_id == refund_id).execution_options(populate_existing=True)
    )
    if refund is None or refund.status in NOT_REFUNDED:
        return None
    return Disagreement(Sides("there is no such refund", f"{refund.status}, {refund.money}", refund.id))


REFUNDS = Subject(
    kind=Kind.REFUND,
    page=listing.refunds,
    held=ours.held(Refund.stripe_refund_id),
    find=partial(listing.find, Kind.REFUND),
    differing=_differing,
    examine=_examine,
)
OPEN_REFUNDS = replace(
    REFUNDS,
    page=nothing_listed,
    held=ours.held(
        Refund.stripe_refund_id, Refund.status.in_([RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION])
    ),
)
"""Pending refunds of any age, whose last event may be lost."""
