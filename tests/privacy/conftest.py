"""People with names of their own, and a look into every corner of the database."""

import httpx
import pytest

from tests.people import Person


@pytest.fixture
def zelda(http: httpx.Client) -> Person:
    """A client who will leave."""
    return Person.registered(http, "client", "Europe/London", name="Zelda Quimby")


@pytest.fixture
def corin(http: httpx.Client) -> Person:
    """A coach who will leave."""
    profile = {"bio": "Corin Vasey has taught since 1999", "video_url": "https://meet.example/vasey"}
    coach = Person.registered(http, "coach", "Europe/Paris", name="Corin Vasey")
    return coach.open_for_business(headline="Vasey speaks nine languages", **profile)
