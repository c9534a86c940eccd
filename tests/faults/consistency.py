"""Everything that was promised, compared to the last row: what is lost, and what came twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, text

from tests.faults import external_state
from tests.faults.external_state import Json, Post
from tests.faults.system import System
from tests.faults.traffic import Traffic

Rows = Sequence[Row[Any]]
PAID = {"succeeded", "partially_refunded", "refunded"}
TAKES_PLACE = {"confirmed", "completed", "no_show"}

PAYMENTS = """
SELECT p.id, p.status, p.amount_minor, p.amount_refunded_minor, b.status AS booking, b.payment_id
FROM payment p JOIN payment_line l ON l.payment_id = p.id JOIN booking b ON b.id = booking_id
"""
TWICE_SOLD = """
SELECT one.id, other.id AS other FROM booking one JOIN booking other
ON one.id < other.id AND one.status = 'confirmed' AND other.status = 'confirmed'
AND (one.coach_id = other.coach_id AND one.busy && other.busy
     OR one.client_id = other.client_id AND one.period && other.period)
"""
TWICE_PAID = """
SELECT payment_id, count(*) AS times FROM payment_move
WHERE before IN ('pending', 'processing', 'failed', 'expired') AND after = 'succeeded'
GROUP BY payment_id HAVING count(*) > 1
"""
TOLD = """
SELECT b.id, (SELECT count(*) FROM email
              WHERE kind = 'booking_confirmed' AND subject_id LIKE b.id || ':%') AS mails
FROM booking b WHERE EXISTS (SELECT FROM booking_move m WHERE m.booking_id = b.id AND m.after = 'confirmed')
"""


@dataclass
class Verdict:
    """A sentence for each thing that is not as it must be."""

    payments: int = 0
    mails: int = 0
    events: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    excused: int = 0
    """Mails that came twice because something was killed between the mail server's yes and our commit."""

    @property
    def wrongs(self) -> list[str]:
        return [f"lost: {each}" for each in self.lost] + [f"doubled: {each}" for each in self.doubled]


def judge(rows: Connection, system: System, traffic: Traffic, post: Post) -> Verdict:
    """To be asked at rest."""
    verdict = Verdict()
    _judge_payments(verdict, rows, traffic, external_state.paid_sessions(system.sandbox))
    _judge_bookings(verdict, rows, traffic)
    _judge_mails(verdict, rows, system, post)
    _judge_events(verdict, rows, system)
    return verdict


def _judge_payments(verdict: Verdict, rows: Connection, traffic: Traffic, sessions: list[Json]) -> None:
    ours = {str(row.id): row for row in rows.execute(text(PAYMENTS))}
    verdict.payments = len(sessions)
    for session in sessions:
        row = ours.get(session["metadata"]["payment_id"])
        for why in _losses(session, row):
            verdict.lost.append(f"{session['id']}: {why}")
        if row and session["returned"] > row.amount_minor:
            verdict.doubled.append(f"{session['id']}: {session['returned']} went back")
    unheard = traffic.paid - {session["id"] for session in sessions}
    verdict.lost += [f"{each} was paid, and Stripe does not say so" for each in unheard]


def _losses(session: Json, row: Row[Any] | None) -> Iterator[str]:
    """Paid means confirmed, or given back; and our books say of it what Stripe's say."""
    if row is None or row.status not in PAID:
        yield f"was paid, and our payment is {row and row.status}"
        return
    has_session = row.booking in TAKES_PLACE and row.payment_id == row.id
    if not has_session and session["returned"] != row.amount_minor:
        yield f"its booking is {row.booking}, and {session['returned']} of {row.amount_minor} went back"
    if session["returned"] != row.amount_refunded_minor:
        yield f"{session['returned']} went back, and our books say {row.amount_refunded_minor}"


def _judge_bookings(verdict: Verdict, rows: Connection, traffic: Traffic) -> None:
    known = {str(each) for each in rows.scalars(text("SELECT id FROM booking"))}
    verdict.lost += [f"booking {each} was answered 201" for each in traffic.held.keys() - known]
    unknown = known - traffic.held.keys()
    verdict.doubled += [f"booking {each} was answered to nobody" for each in unknown]
    for row in rows.execute(text(TWICE_PAID)):
        verdict.doubled.append(f"payment {row.payment_id} was settled {row.times} times")
    verdict.doubled += [f"slot of {row.id} and {row.other}" for row in rows.execute(text(TWICE_SOLD))]


def _judge_mails(verdict: Verdict, rows: Connection, system: System, post: Post) -> None:
    arrived = post.arrived()
    for row in rows.execute(text(TOLD)):
        if row.mails != 2:
            verdict.lost.append(f"{row.mails} mails say that {row.id} is on")
    for row in rows.execute(text("SELECT id, kind, recipient, status, copies, last_error FROM email")):
        times = arrived.pop(f"<{row.id}@culturebridge>", 0)
        verdict.mails += times
        refused = row.recipient in system.refused and row.status == "failed"
        if times == 0 and row.status != "withdrawn" and not refused:
            verdict.lost.append(f"mail {row.kind} {row.id} is {row.status}: {row.last_error}")
        if times > 1 and row.id in system.in_flight:
            verdict.excused += 1
        elif times > 1:
            verdict.doubled.append(f"mail {row.kind} {row.id} came {times} times")
    verdict.doubled += [f"mail {each} has no row" for each in arrived]


def _judge_events(verdict: Verdict, rows: Connection, system: System) -> None:
    known = {row.id: row for row in rows.execute(text("SELECT id, status, last_error FROM stripe_event"))}
    for event, tries in external_state.deliveries(system.sandbox).items():
        verdict.events += 1
        row = known.get(event)
        if row is None:
            verdict.lost.append(
                f"event {event} was {'taken' if external_state.is_taken(tries) else 'never taken'}"
            )
        elif row.status not in {"processed", "ignored"}:
            verdict.lost.append(f"event {event} is {row.status}: {row.last_error}")
