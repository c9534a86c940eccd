"""The pictures of the documentation are those that the code's own tables give."""

from enum import StrEnum

import pytest

from app.bookings import status as booking
from app.emails import status as email
from app.payments import status as payment
from app.payments.events import status as event
from docs.diagrams import flows, packages, states
from docs.diagrams.__main__ import IMAGES, drawings
from tests.docs.blocks import ROOT

DRAWN = drawings()
COMMIT_THEM = "run `make diagrams` and commit what changed"


class Light(StrEnum):
    ON = "on"
    OFF = "off"


@pytest.mark.parametrize("name", DRAWN)
def test_each_picture_is_up_to_date(name: str) -> None:
    assert (IMAGES / name).read_text() == DRAWN[name], COMMIT_THEM


def test_no_picture_is_left_over() -> None:
    assert {path.name for path in IMAGES.glob("*.svg")} == set(DRAWN)


@pytest.mark.parametrize(
    ("name", "transitions"),
    [
        ("booking-states.svg", booking.TRANSITIONS),
        ("payment-states.svg", payment.TRANSITIONS),
        ("event-states.svg", event.TRANSITIONS),
        ("email-states.svg", email.TRANSITIONS),
    ],
)
def test_each_state_has_a_box_and_each_transition_an_arrow(
    name: str, transitions: dict[StrEnum, set[StrEnum]]
) -> None:
    assert all(f">{state}</text>" in DRAWN[name] for state in transitions)
    assert DRAWN[name].count("marker-end=") == sum(len(followers) for followers in transitions.values())


def test_a_transition_that_is_added_changes_the_picture() -> None:
    places = {"on": (0, 0, "green"), "off": (1, 0, "grey")}
    one_way = str(states.draw("A light", {Light.ON: {Light.OFF}, Light.OFF: set()}, places, (200, 100)))
    both_ways = str(
        states.draw("A light", {Light.ON: {Light.OFF}, Light.OFF: {Light.ON}}, places, (200, 100))
    )

    assert (one_way.count("marker-end="), both_ways.count("marker-end=")) == (1, 2)
    assert (one_way.count("final"), both_ways.count("final")) == (1, 0)


def test_a_state_without_a_place_is_not_left_out() -> None:
    with pytest.raises(KeyError):
        states.draw("A light", {Light.ON: {Light.OFF}, Light.OFF: set()}, {"on": (0, 0, "green")}, (200, 100))


def test_the_picture_of_packages_has_every_package() -> None:
    drawn = {package for layer in packages.layers() for package in layer}
    real = {
        path.stem
        for path in (ROOT / "app").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }

    assert drawn == real - {"__init__"}


def test_each_file_of_a_flow_exists() -> None:
    files = {call.file for calls in flows.FLOWS.values() for call in calls if call.file}

    assert [file for file in sorted(files) if not (ROOT / file).is_file()] == []
