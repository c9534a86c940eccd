"""The states of a booking, a payment, an event and an e-mail, drawn from the code's tables of transitions."""

from collections.abc import Mapping, Set

from app.bookings import status as booking
from app.emails import status as email
from app.payments import status as payment
from app.payments.events import status as event
from app.transitions import State
from docs.diagrams.svg import Box, Drawing, Point

WIDTH, HEIGHT = 150, 44
Places = Mapping[str, tuple[float, float, str]]
"""Where each state stands: its column and row, and its colour."""

BOOKING: Places = {
    "pending": (0, 1, "amber"),
    "confirmed": (1, 1, "green"),
    "completed": (2, 0, "blue"),
    "no_show": (2, 1, "blue"),
    "expired": (0, 2, "grey"),
    "cancelled": (1, 2, "red"),
}
PAYMENT: Places = {
    "pending": (0, 1.5, "amber"),
    "processing": (1, 0, "amber"),
    "failed": (1.7, 3, "red"),
    "expired": (0.5, 3, "grey"),
    "succeeded": (2.2, 1, "green"),
    "partially_refunded": (3.3, 0, "blue"),
    "refunded": (3.3, 2, "blue"),
}
"""All of the first five lead to each other: as the corners of a pentagon, no arrow crosses a state."""


EVENT: Places = {
    "received": (0, 1, "amber"),
    "processed": (1.4, 0, "green"),
    "ignored": (1.4, 1, "grey"),
    "failed": (1.4, 2, "red"),
}
EMAIL: Places = {
    "queued": (0, 1.5, "amber"),
    "sending": (1, 0, "amber"),
    "sent": (2.2, 1, "green"),
    "failed": (1.7, 3, "red"),
    "withdrawn": (0.5, 3, "grey"),
}


def of_bookings() -> Drawing:
    return draw("States of a booking", booking.TRANSITIONS, BOOKING, (230, 95))


def of_payments() -> Drawing:
    return draw("States of a payment", payment.TRANSITIONS, PAYMENT, (215, 100))


def of_events() -> Drawing:
    return draw("States of an event from Stripe", event.TRANSITIONS, EVENT, (215, 90))


def of_emails() -> Drawing:
    return draw("States of an e-mail", email.TRANSITIONS, EMAIL, (215, 100))


def draw(
    title: str, transitions: Mapping[State, Set[State]], places: Places, pitch: tuple[int, int]
) -> Drawing:
    """A box for each state and an arrow for each transition. Raises KeyError for a state without a place."""
    boxes = {state: _box(places[state], pitch) for state in transitions}
    drawing = Drawing(
        int(max(box.x + box.width for box in boxes.values())) + 20,
        int(max(box.y + box.height for box in boxes.values())) + 20,
        title,
    )
    for state, followers in transitions.items():
        for follower in sorted(followers):
            if follower is state:
                drawing.loop(boxes[state])
                continue
            both_ways = state in transitions[follower]
            _connect(drawing, boxes[state], boxes[follower], 14 if both_ways else 0)
    for state, box in boxes.items():
        ends = [] if transitions[state] else ["final"]
        drawing.box(box, [state, *ends], places[state][2])
    return drawing


def _box(place: tuple[float, float, str], pitch: tuple[int, int]) -> Box:
    column, row, _ = place
    return Box(20 + column * pitch[0], 34 + row * pitch[1], WIDTH, HEIGHT)


def _connect(drawing: Drawing, start: Box, end: Box, bend: float) -> None:
    aim, source = end.centre, start.centre
    if bend:
        shift = 12 if abs(aim.x - source.x) < WIDTH else 8
        aim, source = _aside(aim, source, shift), _aside(source, aim, -shift)
    drawing.arrow(start.edge_towards(aim), end.edge_towards(source))


def _aside(point: Point, other: Point, shift: float) -> Point:
    """Beside a point as seen from the other, so that arrows in both directions do not cover each other."""
    dx, dy = point.x - other.x, point.y - other.y
    length = max(abs(dx) + abs(dy), 1)
    return Point(point.x - dy / length * shift * 2, point.y + dx / length * shift * 2)
