"""The main flows as sequences: who calls whom, in order, and which file does it."""

from collections.abc import Sequence
from dataclasses import dataclass

from docs.diagrams.svg import Box, Drawing, Point

PITCH, TOP, STEP = 190, 20, 46


@dataclass(frozen=True)
class Call:
    start: str
    end: str
    words: str
    file: str = ""
    """Where the code of this step is, below the repository's root."""


BOOKING = (
    Call("Client", "web", "POST /booking", "app/bookings/routes.py"),
    Call("web", "PostgreSQL", "hold the time", "app/bookings/reservation.py"),
    Call("Client", "web", "POST /payment/checkout", "app/payments/routes.py"),
    Call("web", "Stripe", "create the session", "app/payments/checkout/sessions.py"),
    Call("Client", "Stripe", "pay on the page"),
    Call("Stripe", "web", "event, signed", "app/payments/webhook/routes.py"),
    Call("web", "worker", "job by the queue", "worker/payments.py"),
    Call("worker", "PostgreSQL", "record the event", "app/payments/webhook/inbox.py"),
    Call("worker", "PostgreSQL", "settle and confirm", "app/payments/settlement/fulfilment.py"),
    Call("worker", "mailer", "job after the commit", "worker/emails.py"),
    Call("mailer", "Client", "confirmation", "app/emails/delivery.py"),
)
REFUND = (
    Call("Client", "web", "POST /booking/{id}/cancel", "app/bookings/routes.py"),
    Call("web", "PostgreSQL", "cancel, add the refund", "app/bookings/cancellation.py"),
    Call("web", "worker", "job after the commit", "worker/payments.py"),
    Call("worker", "Stripe", "refund, with the row's id as key", "app/payments/refunds/submission.py"),
    Call("worker", "PostgreSQL", "record the answer", "app/payments/refunds/refunds.py"),
    Call("Stripe", "web", "refund.updated, signed", "app/payments/webhook/routes.py"),
    Call("web", "worker", "job by the queue", "worker/payments.py"),
    Call("worker", "PostgreSQL", "record the outcome", "app/payments/refunds/refunds.py"),
)
EMAIL = (
    Call("web or worker", "PostgreSQL", "add the row, commit", "app/emails/outbox.py"),
    Call("web or worker", "mailer", "job after the commit", "app/queue/enqueue.py"),
    Call("mailer", "PostgreSQL", "claim the row, commit", "app/emails/models.py"),
    Call("mailer", "Mail server", "send", "app/emails/smtp.py"),
    Call("mailer", "PostgreSQL", "record the outcome", "app/emails/delivery.py"),
)
FLOWS = {"flow-booking": BOOKING, "flow-refund": REFUND, "flow-email": EMAIL}
TITLES = {"flow-booking": "Book and pay", "flow-refund": "Refund", "flow-email": "Send an e-mail"}
ORDER = ("Client", "web or worker", "web", "worker", "mailer", "PostgreSQL", "Stripe", "Mail server")


def sequence(title: str, calls: Sequence[Call]) -> Drawing:
    taking_part = {name for call in calls for name in (call.start, call.end)}
    lanes = {name: 90 + PITCH * place for place, name in enumerate(n for n in ORDER if n in taking_part)}
    height = TOP + 70 + STEP * len(calls)
    drawing = Drawing(90 + PITCH * (len(lanes) - 1) + 90, height, title)
    for name, x in lanes.items():
        drawing.line(Point(x, TOP + 36), Point(x, height - 10))
        drawing.box(
            Box(x - 65, TOP, 130, 36), [name], "blue" if name in {"Stripe", "Mail server"} else "plain"
        )
    for number, call in enumerate(calls):
        _draw(drawing, lanes, call, TOP + 76 + STEP * number, number + 1)
    return drawing


def _draw(drawing: Drawing, lanes: dict[str, int], call: Call, y: float, number: int) -> None:
    start, end = Point(lanes[call.start], y), Point(lanes[call.end], y)
    middle = (start.x + end.x) / 2
    drawing.arrow(start, end)
    drawing.label(Point(middle, y - 10), f"{number}. {call.words}")
    if call.file:
        drawing.label(Point(middle, y + 15), call.file, size=9)
