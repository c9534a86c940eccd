"""The stops between a click and the mails, and when each payment was at them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.request import urlopen
from uuid import UUID

from sqlalchemy import text

from app.emails.models import LEASE
from app.extensions import db
from bench.system import System
from bench.unpaid import MAILS

STOPS = ("clicked", "delivered", "taken", "confirmed", "claimed", "mailed")
"""The button was pressed; Stripe posts its event to us; a worker takes it; the booking is confirmed; the
mailer takes the later one of both mails; the mail server has both."""

_TAKEN = """
SELECT line.booking_id, told.id, extract(epoch FROM told.received_at)::float8 AS at
FROM stripe_event AS told
JOIN payment_line AS line
  ON line.payment_id::text = told.payload::json #>> '{data,object,metadata,payment_id}'
WHERE told.type IN ('checkout.session.completed', 'payment_intent.succeeded')
  AND line.booking_id = ANY (:bookings)
ORDER BY told.received_at DESC
"""
_CLAIMED = """
SELECT told_of AS booking_id, id, extract(epoch FROM due_at - :lease)::float8 AS at
FROM email, LATERAL (SELECT split_part(subject_id, ':', 1)::uuid AS told_of) AS _
WHERE kind = 'booking_confirmed' AND told_of = ANY (:bookings)
"""
_UNDONE = """
SELECT EXISTS (SELECT FROM stripe_event WHERE status = 'received')
  OR EXISTS (SELECT FROM email WHERE status IN ('queued', 'sending') AND NOT held_back)
  OR EXISTS (SELECT FROM payment WHERE status = 'succeeded' AND fee_minor IS NULL)
"""


@dataclass(frozen=True)
class Trip:
    """Seconds since 1970 at each stop."""

    at: Mapping[str, float]

    def since_click(self, stop: str) -> float:
        return self.at[stop] - self.at["clicked"]

    def leg(self, stop: str) -> float:
        """From the stop before."""
        return self.at[stop] - self.at[STOPS[STOPS.index(stop) - 1]]


def trips(
    system: System,
    clicked: Mapping[UUID, float],
    confirmed: Mapping[UUID, float],
    mailed: Mapping[UUID, float],
) -> Sequence[Trip]:
    """Of those whose mails have both arrived."""
    with system.app.app_context():
        bookings = list(clicked)
        taken = {row.booking_id: row for row in db.session.execute(text(_TAKEN), {"bookings": bookings})}
        mails: dict[UUID, dict[UUID, float]] = {}
        for row in db.session.execute(text(_CLAIMED), {"bookings": bookings, "lease": LEASE}):
            mails.setdefault(row.booking_id, {})[row.id] = row.at
    done = [each for each in confirmed.keys() & mails.keys() if len(mailed.keys() & mails[each]) == MAILS]
    posted = _posted(system)
    return [
        Trip(
            {
                "clicked": clicked[each],
                "delivered": posted[taken[each].id],
                "taken": taken[each].at,
                "confirmed": confirmed[each],
                "claimed": max(mails[each].values()),
                "mailed": max(mailed[mail] for mail in mails[each]),
            }
        )
        for each in done
    ]


def is_at_rest(system: System) -> bool:
    """Whether all that was told is applied, all mails are sent, and the fee of each payment is known."""
    with system.app.app_context():
        return not db.session.scalar(text(_UNDONE))


def _posted(system: System) -> dict[str, float]:
    """When the sandbox's Stripe began to post each event."""
    with urlopen(f"http://127.0.0.1:{system.stripe_port}/_sandbox/deliveries") as answer:
        deliveries = json.load(answer)["deliveries"]
    return {each["event"]: each["attempts"][0]["at"] for each in deliveries if each["attempts"]}
