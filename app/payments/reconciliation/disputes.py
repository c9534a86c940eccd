"""Reconciliation of disputes and inquiries."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import or_, select

from app.extensions import db, now
from app.money.money import Money
from app.payments.disputes import events as dispute_events
from app.payments.disputes.events import Standing
from app.payments.events.payloads import StripeObject
from app.payments.models import Dispute, Payment
from app.payments.reconciliation import ours
from app.payments.reconciliation.differences import Sides
from app.payments.reconciliation.subject import Disagreement, Found, Subject, nothing_listed
from app.payments.status import APPEALED, DisputeStatus
from app.payments.stripe import listing
from app.payments.stripe.listing import Kind, Span

FUNDS_MOVE_WITHIN = timedelta(days=30)
"""How long after the decision its money may return."""


def _compare(subject: StripeObject, dispute: Dispute | None, is_ours: bool) -> Disagreement | None:
    currency = subject["currency"].upper()
    settle = partial(dispute_events.seen, subject, now())
    if dispute is None:
        says = f"{subject['status']}, {Money(subject['amount'], currency)}"
        return Disagreement(Sides(says, "there is no such dispute"), settle) if is_ours else None
    reported, known = Standing.reported(subject), Standing.known(dispute)
    moves = len(subject["balance_transactions"])
    moved_as_reported = moves == dispute.fund_moves and not dispute.lacks_fee
    if moved_as_reported and (reported == known or _is_appealed(reported, known)):
        return None
    we_say = _summary(known, dispute.currency, dispute.fund_moves)
    return Disagreement(Sides(_summary(reported, currency, moves), we_say, dispute.id), settle)


def _is_appealed(reported: Standing, known: Standing) -> bool:
    """A lost dispute stays lost until it is won."""
    return known.status is DisputeStatus.LOST and reported.status in APPEALED


def _summary(standing: Standing, currency: str, moves: int) -> str:
    """The compared fields."""
    due = datetime.fromtimestamp(standing.due_by, UTC)
    return ", ".join(
        [
            standing.status,
            str(Money(standing.amount_minor, currency)),
            standing.reason,
            f"to answer by {due:%Y-%m-%d %H:%M} UTC" if standing.due_by else "to be left unanswered",
            f"answered {standing.submissions} times",
            "not refundable" if standing.is_held else "refundable",
            f"money moved {moves} times",
        ]
    )


def _ours(known: Mapping[str, StripeObject]) -> dict[str, Dispute]:
    rows = db.session.scalars(
        select(Dispute)
        .where(ours.among(Dispute.stripe_dispute_id, known))
        .execution_options(populate_existing=True)
    )
    return {row.stripe_dispute_id: row for row in rows}


def _of_our_payments(known: Mapping[str, StripeObject]) -> set[str]:
    """The disputes about payments of ours."""
    intents = {subject["payment_intent"] for subject in known.values()} - {None}
    charges = {subject["charge"] for subject in known.values()} - {None}
    rows = db.session.execute(
        select(Payment.stripe_payment_intent_id, Payment.stripe_charge_id).where(
            or_(
                ours.among(Payment.stripe_payment_intent_id, intents),
                ours.among(Payment.stripe_charge_id, charges),
            )
        )
    )
    of_ours = {stripe_id for row in rows for stripe_id in row if stripe_id}
    return {
        each for each, subject in known.items() if of_ours & {subject["payment_intent"], subject["charge"]}
    }


def _differing(found: Found) -> Sequence[str]:
    known = {dispute_id: subject for dispute_id, subject in found.items() if subject}
    rows, about_us = _ours(known), _of_our_payments(known)
    return [
        dispute_id
        for dispute_id, subject in found.items()
        if subject is None or _compare(subject, rows.get(dispute_id), dispute_id in about_us)
    ]


def _examine(dispute_id: str, subject: StripeObject | None) -> Disagreement | None:
    if subject is None:
        row = _ours({dispute_id: {}}).get(dispute_id)
        sides = row and Sides("there is no such dispute", f"{row.status}, {row.money}", row.id)
        return Disagreement(sides) if sides else None
    known = {dispute_id: subject}
    return _compare(subject, _ours(known).get(dispute_id), bool(_of_our_payments(known)))


def _held_open(span: Span, most: int | None) -> Sequence[str]:
    is_open = or_(Dispute.decided_at.is_(None), Dispute.decided_at > now() - FUNDS_MOVE_WITHIN)
    return ours.held(Dispute.stripe_dispute_id, is_open)(span, most)


DISPUTES = Subject(
    kind=Kind.DISPUTE,
    page=listing.disputes,
    held=ours.held(Dispute.stripe_dispute_id),
    find=partial(listing.find, Kind.DISPUTE),
    differing=_differing,
    examine=_examine,
)
OPEN_DISPUTES = replace(DISPUTES, page=nothing_listed, held=_held_open)
"""Disputes that are not over yet: a bank takes months."""
