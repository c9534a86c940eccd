"""Who is listed: nobody whose address was not proven, and where operators look first, whom they approved."""

import httpx
import pytest

from tests.coaches.listed_coaches import missing
from tests.configuration import Configure
from tests.people import Person, next_week


@pytest.fixture
def stranger(http: httpx.Client) -> Person:
    """Somebody who opened a coach's account with an address that may be anybody's."""
    return Person.registered(http, "coach", proven=False).open_for_business()


def doors(coach: Person, client: Person) -> dict[str, bool]:
    """Where a client meets the coach."""
    at = next_week()
    span = {"from": str(at.date()), "to": str(at.date()), "duration_minutes": "60"}
    everybody = coach.http.get("/coach", params={"limit": 100}).json()["items"]
    return {
        "directory": coach.id in {each["id"] for each in everybody},
        "profile": coach.http.get(f"/coach/{coach.id}").status_code == 200,
        "free times": coach.http.get(f"/coach/{coach.id}/slot", params=span).status_code == 200,
        "series": client.wish_series(coach, next_week(15)).status_code == 201,
        "booking": client.wish(coach, at).status_code == 201,
    }


def test_no_client_meets_a_coach_whose_address_was_never_proven(client: Person, stranger: Person) -> None:
    assert missing(stranger) == ["verified_address"]
    assert not any(doors(stranger, client).values()), doors(stranger, client)

    stranger.prove_address()

    assert missing(stranger) == []
    assert all(doors(stranger, client).values()), doors(stranger, client)


def test_a_coach_is_told_all_that_is_left_to_do(http: httpx.Client) -> None:
    assert missing(Person.registered(http, "coach", proven=False)) == ["hourly_rate", "verified_address"]


def test_who_comes_while_operators_look_waits_for_them(
    configure: Configure, client: Person, coach: Person
) -> None:
    configure(coach_approval=True)
    newcomer = Person.registered(client.http, "coach").open_for_business()

    assert newcomer.get("/coach/me").json()["approval"] == "waiting"
    assert missing(newcomer) == ["approval"]
    assert not any(doors(newcomer, client).values())
    assert missing(coach) == [], "who was listed before stays so"

    configure(coach_approval=False)
    assert missing(newcomer) == [], "nobody looks any more"
    assert all(doors(newcomer, client).values())
