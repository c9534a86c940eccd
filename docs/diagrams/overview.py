"""The picture of the whole: who calls whom."""

from docs.diagrams.svg import Box, Drawing, Point

BOXES = {
    "client": (20, 120, 150, 60, "plain", "Client's program", "browser or app"),
    "stripe": (20, 270, 150, 60, "blue", "Stripe", "Checkout, refunds"),
    "web": (310, 120, 150, 60, "green", "web", "Flask, gunicorn"),
    "queue": (560, 120, 150, 60, "amber", "Queue", "Redis or RabbitMQ"),
    "beat": (560, 20, 150, 50, "green", "beat", "periodic tasks"),
    "worker": (560, 270, 150, 60, "green", "worker", "Celery"),
    "mailer": (810, 120, 150, 60, "green", "mailer", "Celery"),
    "smtp": (810, 20, 150, 50, "blue", "Mail server", "SMTP"),
    "database": (310, 420, 650, 50, "blue", "PostgreSQL", "bookings, payments, events, outbox: all state"),
}
ARROWS = (
    ("client", "web", "JSON over HTTPS", 0.5),
    ("client", "stripe", "pays", 0.5),
    ("stripe", "web", "Checkout, webhook", 0.45),
    ("web", "stripe", "", 0.5),
    ("web", "queue", "jobs", 0.5),
    ("web", "database", "holds, bookings", 0.3),
    ("beat", "queue", "", 0.5),
    ("queue", "worker", "events, refunds", 0.5),
    ("queue", "mailer", "e-mail", 0.5),
    ("worker", "stripe", "refunds, reconciliation", 0.7),
    ("worker", "database", "settles payments", 0.5),
    ("mailer", "database", "claims the outbox", 0.5),
    ("mailer", "smtp", "sends", 0.5),
)
"""From, to, words, and how far along the arrow they stand."""


def of_system() -> Drawing:
    drawing = Drawing(980, 490, "CultureBridge: client, web, queue, workers, database, Stripe and mail")
    boxes = {name: Box(*place[:4]) for name, place in BOXES.items()}
    for start, end, _, _ in ARROWS:
        drawing.arrow(*_ends(boxes[start], boxes[end]))
    for start, end, words, share in ARROWS:
        if words:
            first, last = _ends(boxes[start], boxes[end])
            at = Point(first.x + (last.x - first.x) * share, first.y + (last.y - first.y) * share)
            drawing.label(Point(at.x, at.y + 4), words)
    for name, place in BOXES.items():
        drawing.box(boxes[name], place[5:], place[4])
    return drawing


def _ends(start: Box, end: Box) -> tuple[Point, Point]:
    """Straight down to a box that is as wide as several; else from centre to centre."""
    if end.x < start.centre.x < end.x + end.width and end.width > start.width:
        return Point(start.centre.x, start.y + start.height), Point(start.centre.x, end.y)
    return start.edge_towards(end.centre), end.edge_towards(start.centre)
