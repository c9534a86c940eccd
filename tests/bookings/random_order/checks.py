"""What must hold after every step, and what must hold at rest."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from typing import Any
from uuid import UUID

from app.bookings.status import Status, check_transition
from tests.bookings.random_order.actions import Actors
from tests.bookings.random_order.booking_model import TOOK_PLACE, Entry, Session
from tests.bookings.random_order.calendars import session_text
from tests.bookings.random_order.payment_model import Page
from tests.people import Person

TO_BOTH = {"booking_confirmed", "booking_moved", "booking_cancelled", "series_confirmed"}
TO_CLIENT = {"hold_cancelled", "payment_returned"}


def check_statuses(simulation: Actors) -> None:
    rows = simulation.world.select("SELECT id, status, lower(period) AS start, coach_time_zone FROM booking")
    found = {str(row.id): (row.status, row.start, row.coach_time_zone) for row in rows}
    assert found == {
        each.id: (each.status, simulation.world.at(each.start), each.zone) for each in simulation.entries
    }


def check_no_overlap(simulation: Actors) -> None:
    alive = simulation.world.select("SELECT * FROM booking WHERE status IN ('pending', 'confirmed')")
    for one, other in combinations(alive, 2):
        if one.coach_id == other.coach_id:
            assert not _overlap(one.busy, other.busy), (one, other)
        if one.client_id == other.client_id:
            assert not _overlap(one.period, other.period), (one, other)


def _overlap(one: Any, other: Any) -> bool:
    return bool(one.lower < other.upper and other.lower < one.upper)


def check_moves(simulation: Actors) -> None:
    """Each is one that the table lists, and they lead from nothing to the present."""
    moves: dict[UUID, list[Any]] = {}
    for row in simulation.world.select("SELECT * FROM booking_move ORDER BY created_at"):
        moves.setdefault(row.booking_id, []).append(row)
    for booking in simulation.world.select("SELECT id, status FROM booking"):
        history = moves[booking.id]
        assert (history[0].before, history[0].after) == (None, "pending")
        assert history[-1].after == booking.status
        for one, other in pairwise(history):
            assert other.before == one.after
            if other.before != other.after or not other.reason.startswith("moved from"):
                check_transition(Status(other.before), Status(other.after))


def check_rest(simulation: Actors) -> None:
    check_statuses(simulation)
    kept: Counter[str] = Counter()
    for page in simulation.pages:
        kept += _kept(simulation, page)
    for entry in simulation.entries:
        _check_money(simulation, entry, kept[entry.id])
    _check_mails(simulation)
    _check_words(simulation)
    assert simulation.model.stale() == []
    assert not simulation.world.select("SELECT * FROM stripe_event WHERE status IN ('received', 'failed')")


def _kept(simulation: Actors, page: Page) -> Counter[str]:
    """What was kept of a payment for each booking, which is what the model and Stripe say."""
    payment = simulation.world.clients[page.entries[0].client].get(f"/payment/{page.id}").json()
    assert (page.heard == "paid") == page.is_paid
    if page.heard != "paid":
        assert payment["status"] in ({"pending", "failed"} if page.heard == "open" else {page.heard})
        assert _kept_at_stripe(simulation, page) == 0
        return Counter()
    kept = Counter({line["booking_id"]: line["left_minor"] for line in payment["lines"]})
    assert kept == Counter({each.id: each.price - page.goes_back.get(each, 0) for each in page.entries})
    back = sum(page.goes_back.values())
    status = {0: "succeeded", payment["amount_minor"]: "refunded"}.get(back, "partially_refunded")
    assert (payment["status"], payment["amount_refunded_minor"]) == (status, back)
    assert _kept_at_stripe(simulation, page) == kept.total()
    return kept


def _kept_at_stripe(simulation: Actors, page: Page) -> int:
    session = simulation.world.at_stripe(
        f"/v1/checkout/sessions/{page.session_id}?expand[]=payment_intent.latest_charge"
    )
    charge = (session["payment_intent"] or {}).get("latest_charge") or {}
    return int(charge["amount"] - charge["amount_refunded"]) if charge.get("paid") else 0


def _check_money(simulation: Actors, entry: Entry, kept: int) -> None:
    """What is kept for a booking is its price, or what the policy leaves of it, or nothing."""
    booking = simulation.world.coaches[entry.coach].get(f"/booking/{entry.id}").json()
    if booking["status"] in TOOK_PLACE:
        assert kept == booking["amount_minor"]
    elif simulation.model.mails["booking_cancelled", entry]:
        percent = booking["cancellation"]["refund_percent"]
        assert kept == booking["amount_minor"] * (100 - percent) // 100
    else:
        assert kept == 0


def _check_mails(simulation: Actors) -> None:
    rows = simulation.world.select(
        "SELECT kind, split_part(subject_id, ':', 1) AS subject, recipient FROM email"
    )
    sent = Counter((row.kind, row.subject, row.recipient) for row in rows)
    expected: Counter[tuple[str, str, str]] = Counter()
    for (kind, subject), number in simulation.model.mails.items():
        assert isinstance(subject, Entry | Page)
        entry = subject if isinstance(subject, Entry) else subject.entries[0]
        people = [simulation.world.clients[entry.client]]
        people += [simulation.world.coaches[entry.coach]] if kind in TO_BOTH else []
        expected += Counter({(kind, subject.id, person.email): number for person in people})
    assert {each: number for each, number in sent.items() if each[0] in TO_BOTH | TO_CLIENT} == expected
    assert not simulation.world.select("SELECT what FROM trouble")


def _check_words(simulation: Actors) -> None:
    """Each mail says when each of its sessions is, by the clocks of its reader."""
    rows = simulation.world.select("SELECT kind, subject_id, recipient, text_body FROM email")
    texts: dict[tuple[str, str, str], list[tuple[int, str]]] = {}
    for row in rows:
        subject, _, sequence = row.subject_id.partition(":")
        numbered = int(sequence or 0) if row.kind in TO_BOTH else 0, " ".join(row.text_body.split())
        texts.setdefault((row.kind, subject, row.recipient), []).append(numbered)
    for (kind, subject), mails in simulation.model.mailed_sessions.items():
        for reader, zone_of in _readers(simulation, kind, subject):
            got = [text for _, text in sorted(texts[kind, subject.id, reader.email])]
            for text, sessions in zip(got, mails, strict=True):
                for session in sessions:
                    assert session_text(session.at, session.minutes, zone_of(session)) in text


def _readers(
    simulation: Actors, kind: str, subject: Entry | Page
) -> Iterator[tuple[Person, Callable[[Session], str]]]:
    entry = subject if isinstance(subject, Entry) else subject.entries[0]
    yield simulation.world.clients[entry.client], lambda _: simulation.scene.clients[entry.client]
    if kind in TO_BOTH:
        yield simulation.world.coaches[entry.coach], lambda session: session.coach_zone
