"""Free times asked for without end: answers are bounded, and everybody else is answered meanwhile."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.coaches.routes import MAX_SLOTS
from app.coaches.time_off import MAX_PERIODS
from tests.people import Person
from tests.rate_limited_web import LimitedWeb
from tests.stack import Stack
from tests.waiting import wait_until

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


def months(coach: Person, **more: str) -> dict[str, str]:
    begin = datetime.now(UTC) + timedelta(hours=1)
    span = {"from": begin.isoformat(), "to": (begin + timedelta(days=62)).isoformat()}
    return span | {"duration_minutes": "60"} | more


@pytest.mark.parametrize("path", ["/coach", "/coach/{id}/slot"])
def test_who_floods_public_pages_keeps_nobody_else_waiting(
    stack: Stack, coach: Person, client: Person, path: str
) -> None:
    """The database is held up for those pages, so that each request to them takes its thread for seconds."""
    where, query = path.format(id=coach.id), months(coach) if "slot" in path else {}

    def flood(_: int) -> int:
        return httpx.get(f"{stack.http.base_url}{where}", params=query, timeout=60).status_code

    with ThreadPoolExecutor(40) as many, stack.database.begin() as holding:
        holding.execute(text("LOCK TABLE coach IN ACCESS EXCLUSIVE MODE"))
        asked = [many.submit(flood, n) for n in range(40)]
        wait_until(lambda: _waiting(stack) >= 2)
        answers = [client.get("/auth/me").status_code for _ in range(5)]
        webhook = stack.http.post("/payment/webhook", content=b"{}").status_code
        ended = sum(each.done() for each in asked)
        holding.rollback()
    assert (answers, webhook) == ([200] * 5, 400)
    assert ended < 16  # of those before them in line: in one line they would come after more than that


def _waiting(stack: Stack) -> int:
    with stack.database.connect() as connection:
        return connection.scalar(WAITING) or 0


def test_two_months_of_short_steps_come_in_parts(http: httpx.Client, coach: Person) -> None:
    coach.ask("PATCH", "/coach/me", json={"slot_step_minutes": 5, "horizon_days": 366}).raise_for_status()
    query, seen, parts = months(coach), [], 0

    while query["from"]:
        page = http.get(f"/coach/{coach.id}/slot", params=query).json()
        assert len(page["items"]) <= MAX_SLOTS
        seen += [slot["start"] for slot in page["items"]]
        query["from"], parts = page["next_from"], parts + 1

    assert (parts, len(seen)) == (6, len(set(seen)))
    assert len(seen) == 62 * 24 * 12
    assert seen == sorted(seen)


def test_two_months_of_usual_steps_come_at_once(http: httpx.Client, coach: Person) -> None:
    coach.ask("PATCH", "/coach/me", json={"horizon_days": 366}).raise_for_status()

    page = http.get(f"/coach/{coach.id}/slot", params=months(coach)).json()

    assert (len(page["items"]), page["next_from"]) == (62 * 48, None)


@pytest.mark.parametrize(("path", "often"), [("/coach/{id}/slot", 120), ("/coach", 240)])
def test_an_address_reads_so_often_and_another_goes_on(
    limited: LimitedWeb, coach: Person, path: str, often: int
) -> None:
    where = path.format(id=coach.id)
    with limited.asking_from("192.0.2.1") as one, limited.asking_from("192.0.2.2") as other:
        answers = [one.get(where).status_code for _ in range(often + 1)]

        assert (429 in answers[:often], answers[-1]) == (False, 429)
        assert other.get(where).status_code != 429


def test_time_off_is_bounded_for_each_coach(stack: Stack, coach: Person) -> None:
    with stack.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO time_off (id, coach_id, local_start, local_end, reason)"
                " SELECT gen_random_uuid(), :coach, '2030-01-01'::timestamp + n * interval '1 day',"
                " '2030-01-01'::timestamp + n * interval '1 day' + interval '1 hour', ''"
                " FROM generate_series(1, :count) AS n"
            ),
            {"coach": coach.id, "count": MAX_PERIODS},
        )
    wish = {"local_start": "2029-01-01T00:00", "local_end": "2029-01-02T00:00"}

    refused = coach.post("/coach/me/time-off", json=wish)

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/too-many-periods")
    first = coach.get("/coach/me/time-off").json()["items"][0]["id"]
    assert coach.ask("DELETE", f"/coach/me/time-off/{first}").status_code == 204
    assert coach.post("/coach/me/time-off", json=wish).status_code == 201


def nested(levels: int) -> Any:
    return json.loads("[" * levels + "]" * levels)


LARGE = {
    "keys": {f"k{n}": 1 for n in range(32_000)},
    "keys inside": {"weekly": [{f"k{n}": 1 for n in range(32_000)}]},
    "entries": {"weekly": list(range(50_000))},
    "values in all": {"weekly": [{f"k{m}": 1 for m in range(40)} for _ in range(900)]},
    "levels": {"weekly": nested(300)},
    "a list of lists": [[[]] * 900] * 50,
}


@pytest.mark.parametrize("body", LARGE.values(), ids=LARGE)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/coach/me/availability"),
        ("POST", "/auth/login"),
        ("POST", "/auth/refresh"),
        ("POST", "/coach/me/time-off"),
    ],
)
def test_json_of_more_parts_than_can_be_meant_is_refused_by_their_number(
    http: httpx.Client, coach: Person, method: str, path: str, body: Any
) -> None:
    refused = coach.ask(method, path, json=body)

    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid"), refused.text
    assert "must have at most" in refused.text or "must not be nested" in refused.text
    assert len(refused.content) < 1_000


def test_a_coach_s_whole_year_is_not_too_much(coach: Person) -> None:
    hours = [{"start_time": f"{n:02}:00", "end_time": f"{n:02}:30"} for n in range(20)]
    first = datetime.now(UTC).date()
    overrides = [{"date": str(first + timedelta(days=n)), "hours": hours} for n in range(400)]

    answer = coach.ask("PUT", "/coach/me/availability", json={"weekly": [], "overrides": overrides})

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("path", ["/auth/verify", "/auth/password/reset", "/booking"])
def test_a_form_of_more_fields_than_can_be_meant_is_refused(http: httpx.Client, path: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    most = http.post(path, content="&".join(["k=1"] * 100), headers=form)
    refused = http.post(path, content="&".join(["k=1"] * 101), headers=form)

    assert "too many fields" not in most.text
    assert (refused.status_code, "too many fields" in refused.text) == (400, True)


def test_a_query_of_more_parameters_than_can_be_meant_is_refused(http: httpx.Client) -> None:
    refused = http.get("/coach?" + "&".join(f"k{n}" for n in range(1_000)))

    assert refused.status_code == 400
    assert "too many parameters" in refused.json()["detail"]
