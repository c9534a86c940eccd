"""What must hold after every step, and what must hold at rest."""

from collections import Counter
from datetime import datetime
from itertools import combinations, pairwise
from typing import Any
from uuid import UUID

from app.bookings.status import Status, check_transition
from tests.bookings.random_order.actions import HALF_HOUR, Players
from tests.bookings.random_order.booking_model import TOOK_PLACE, Entry
from tests.bookings.random_order.payment_model import Page

LISTED = 30 * 60
"""How far the list of free times is looked at, in minutes."""
PROBED = 4 * 60
TO_BOTH = {"booking_confirmed", "booking_moved", "booking_cancelled", "series_confirmed"}
TO_CLIENT = {"hold_cancelled", "payment_returned"}


def check_statuses(play: Players) -> None:
    rows = play.world.select("SELECT id, status, lower(period) AS start FROM booking")
    found = {str(row.id): (row.status, row.start) for row in rows}
    assert found == {each.id: (each.status, play.world.at(each.start)) for each in play.entries}


def check_no_overlap(play: Players) -> None:
    alive = play.world.select("SELECT * FROM booking WHERE status IN ('pending', 'confirmed')")
    for one, other in combinations(alive, 2):
        if one.coach_id == other.coach_id:
            assert not _overlap(one.busy, other.busy), (one, other)
        if one.client_id == other.client_id:
            assert not _overlap(one.period, other.period), (one, other)


def _overlap(one: Any, other: Any) -> bool:
    return bool(one.lower < other.upper and other.lower < one.upper)


def check_moves(play: Players) -> None:
    """Each is one that the table lists, and they lead from nothing to the present."""
    moves: dict[UUID, list[Any]] = {}
    for row in play.world.select("SELECT * FROM booking_move ORDER BY created_at"):
        moves.setdefault(row.booking_id, []).append(row)
    for booking in play.world.select("SELECT id, status FROM booking"):
        history = moves[booking.id]
        assert (history[0].before, history[0].after) == (None, "pending")
        assert history[-1].after == booking.status
        for one, other in pairwise(history):
            assert other.before == one.after
            if other.before != other.after or not other.reason.startswith("moved from"):
                check_transition(Status(other.before), Status(other.after))


def check_free_times(play: Players) -> None:
    """None is lost, and none is listed that is not free; after each step with another coach and length."""
    play.looks += 1
    coach, minutes = play.looks % 2, (60, 30, 90)[play.looks % 3]
    listed = _listed(play, coach, minutes, LISTED)
    assert listed == [at for at in _starts(play, LISTED) if play.till.is_free(coach, at, minutes)]


def _starts(play: Players, span: int) -> list[int]:
    first = play.till.at // HALF_HOUR * HALF_HOUR + HALF_HOUR
    return list(range(first, play.till.at + span, HALF_HOUR))


def _listed(play: Players, coach: int, minutes: int, span: int) -> list[int]:
    world, at = play.world, play.till.at
    query = {"from": world.at(at).isoformat(), "to": world.at(at + span).isoformat()}
    answer = world.http.get(
        f"/coach/{world.coaches[coach].id}/slot", params={**query, "duration_minutes": minutes}
    )
    found = [datetime.fromisoformat(slot["start"]) - world.start for slot in answer.json()["items"]]
    return [int(since.total_seconds()) // 60 for since in found]


def check_rest(play: Players) -> None:
    check_statuses(play)
    kept: Counter[str] = Counter()
    for page in play.pages:
        kept += _kept(play, page)
    for entry in play.entries:
        _check_money(play, entry, kept[entry.id])
    _check_mails(play)
    assert play.till.stale() == []
    assert not play.world.select("SELECT * FROM stripe_event WHERE status IN ('received', 'failed')")


def _kept(play: Players, page: Page) -> Counter[str]:
    """What was kept of a payment for each booking, which is as the till says, and as Stripe does."""
    payment = play.world.clients[page.entries[0].client].get(f"/payment/{page.id}").json()
    assert (page.heard == "paid") == page.is_paid
    if page.heard != "paid":
        assert payment["status"] in ({"pending", "failed"} if page.heard == "open" else {page.heard})
        assert _kept_at_stripe(play, page) == 0
        return Counter()
    kept = Counter({line["booking_id"]: line["left_minor"] for line in payment["lines"]})
    assert kept == Counter({each.id: each.price - page.goes_back.get(each, 0) for each in page.entries})
    back = sum(page.goes_back.values())
    status = {0: "succeeded", payment["amount_minor"]: "refunded"}.get(back, "partially_refunded")
    assert (payment["status"], payment["amount_refunded_minor"]) == (status, back)
    assert _kept_at_stripe(play, page) == kept.total()
    return kept


def _kept_at_stripe(play: Players, page: Page) -> int:
    session = play.world.at_stripe(
        f"/v1/checkout/sessions/{page.session_id}?expand[]=payment_intent.latest_charge"
    )
    charge = (session["payment_intent"] or {}).get("latest_charge") or {}
    return int(charge["amount"] - charge["amount_refunded"]) if charge.get("paid") else 0


def _check_money(play: Players, entry: Entry, kept: int) -> None:
    """What is kept for a booking is its price, or what the policy leaves of it, or nothing."""
    booking = play.world.coaches[entry.coach].get(f"/booking/{entry.id}").json()
    if booking["status"] in TOOK_PLACE:
        assert kept == booking["amount_minor"]
    elif play.till.mails["booking_cancelled", entry]:
        percent = booking["cancellation"]["refund_percent"]
        assert kept == booking["amount_minor"] * (100 - percent) // 100
    else:
        assert kept == 0


def _check_mails(play: Players) -> None:
    rows = play.world.select("SELECT kind, split_part(subject_id, ':', 1) AS subject, recipient FROM email")
    told = Counter((row.kind, row.subject, row.recipient) for row in rows)
    expected: Counter[tuple[str, str, str]] = Counter()
    for (kind, subject), number in play.till.mails.items():
        assert isinstance(subject, Entry | Page)
        entry = subject if isinstance(subject, Entry) else subject.entries[0]
        people = [play.world.clients[entry.client]]
        people += [play.world.coaches[entry.coach]] if kind in TO_BOTH else []
        expected += Counter({(kind, subject.id, person.email): number for person in people})
    assert {each: number for each, number in told.items() if each[0] in TO_BOTH | TO_CLIENT} == expected
    assert not play.world.select("SELECT what FROM trouble")


def check_what_can_be_booked(play: Players) -> None:
    """Everything that is listed, and nothing else; each wish is undone at once."""
    for coach in range(len(play.world.coaches)):
        granted = [at for at in _starts(play, PROBED) if _is_granted(play, coach, at)]
        assert granted == _listed(play, coach, 60, PROBED)


def _is_granted(play: Players, coach: int, start: int) -> bool:
    savepoint = play.world.connection.begin_nested()
    answer = play.world.stranger.wish(play.world.coaches[coach], play.world.at(start))
    savepoint.rollback()
    assert answer.status_code in {201, 409}, answer.text
    return answer.status_code == 201
