"""`python -m docs.diagrams`: draws every diagram into docs/images."""

from pathlib import Path

from docs.diagrams import flows, overview, packages, states

IMAGES = Path(__file__).parents[1] / "images"


def drawings() -> dict[str, str]:
    """The SVG of each diagram, by the name of its file."""
    drawn = {
        "overview": overview.of_system(),
        "packages": packages.of_app(),
        "booking-states": states.of_bookings(),
        "payment-states": states.of_payments(),
        "event-states": states.of_events(),
        "email-states": states.of_emails(),
    } | {name: flows.sequence(flows.TITLES[name], calls) for name, calls in flows.FLOWS.items()}
    return {f"{name}.svg": str(drawing) for name, drawing in drawn.items()}


if __name__ == "__main__":
    for name, svg in drawings().items():
        (IMAGES / name).write_text(svg)
