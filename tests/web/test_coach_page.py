"""A coach's page: what it shows, and its calendar in the visitor's zone."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.people import Person, next_week
from tests.web.visitor import HTML, Page, Visitor

EVIL = '</script><script>alert("x")</script>\'"><img src=x onerror=alert(1)>'


@pytest.fixture
def ada(http: httpx.Client) -> Person:
    coach = Person.registered(http, "coach", "Europe/Paris", name="Ada Lovelace")
    return coach.open_for_business(headline="Engines", bio="First.\n\nSecond.", languages=["English"])


def opened(http: httpx.Client, **query: Any) -> Page:
    page = Visitor(http).get("/coach/ada-lovelace", params=query)
    assert page.status == 200, page.text
    return page


def starts(page: Page) -> list[datetime]:
    """The times that the page links to."""
    links = re.findall(r'href="(/book/[^"]+)"', page.html)
    queries = [parse_qs(urlsplit(link.replace("&amp;", "&")).query) for link in links]
    return [datetime.fromisoformat(query["start"][0]) for query in queries]


def test_the_page_says_who_and_what_and_how_much(ada: Person, http: httpx.Client) -> None:
    page = opened(http)

    for said in ("Ada Lovelace", "Engines", "First.", "Second.", "English", "AL"):
        assert said in page.text
    for price in ("30 minutes 37.50 EUR", "60 minutes 75.00 EUR", "90 minutes 112.50 EUR"):
        assert price in page.text
    assert "Cancel at least 24 hours before the session and you get the full amount back." in page.text


def test_the_times_of_a_day_are_those_of_the_json_route(ada: Person, http: httpx.Client) -> None:
    day = next_week().date()
    query = {"from": day, "to": day, "duration_minutes": 60, "time_zone": "Asia/Tokyo"}
    slots = http.get(f"/coach/{ada.id}/slot", params=query).json()["items"]

    page = opened(http, day=day, minutes=60, zone="Asia/Tokyo")

    assert starts(page) == [datetime.fromisoformat(slot["start"]) for slot in slots]
    assert "minutes=60" in page.html
    assert "Asia/Tokyo" in page.html
    assert "UTC+09:00" in page.text


def test_a_booked_time_is_not_offered(ada: Person, client: Person, http: httpx.Client) -> None:
    at = next_week(10)
    assert at in starts(opened(http, day=at.date(), minutes=60, zone="UTC"))

    client.books(ada, at)

    assert at not in starts(opened(http, day=at.date(), minutes=60, zone="UTC"))


def test_the_first_free_day_is_chosen(ada: Person, http: httpx.Client) -> None:
    page = opened(http, zone="UTC")

    assert starts(page)[0] >= datetime.now(UTC)
    assert starts(page)[0] < datetime.now(UTC) + timedelta(hours=1)


def test_a_zone_that_was_chosen_is_kept(ada: Person, http: httpx.Client) -> None:
    visitor = Visitor(http)
    page = visitor.get("/coach/ada-lovelace").send("Change", zone="America/New_York")
    assert '<option value="America/New_York" selected>' in page.html

    assert '<option value="America/New_York" selected>' in visitor.get("/coach/ada-lovelace").html


@pytest.mark.parametrize(
    ("cookie", "shown"),
    [(None, "Europe/Paris"), ("Asia/Calcutta", "Asia/Calcutta"), ("evil", "Europe/Paris")],
)
def test_the_zone_is_the_cookie_s_or_the_coach_s(
    ada: Person, http: httpx.Client, cookie: str | None, shown: str
) -> None:
    visitor = Visitor(http)
    if cookie:
        visitor.http.cookies["zone"] = cookie
    page = visitor.get("/coach/ada-lovelace")

    assert f'<option value="{shown}" selected>' in page.html
    assert ("data-zone-guessed" in page.html) == (shown == "Europe/Paris")


def test_a_client_reads_times_in_the_account_s_zone(ada: Person, http: httpx.Client) -> None:
    client = Person.registered(http, "client", "Asia/Kolkata")

    page = Visitor.signed_in(client).get("/coach/ada-lovelace")

    assert '<option value="Asia/Kolkata" selected>' in page.html
    assert "data-zone-guessed" not in page.html


def test_months_and_lengths_are_a_link_away(ada: Person, http: httpx.Client) -> None:
    today = datetime.now(ZoneInfo("Europe/Paris"))
    page = opened(http, minutes=90, month=f"{today:%Y-%m}", zone="Europe/Paris")
    following = f"{today.replace(day=1) + timedelta(days=32):%Y-%m}"
    address = re.findall(rf'href="(/coach/ada-lovelace\?[^"]*month={following})"', page.html)[0]

    later = page.visitor.get(address.replace("&amp;", "&"))

    assert {f"{start.astimezone(ZoneInfo('Europe/Paris')):%Y-%m}" for start in starts(later)} == {following}
    assert "minutes=90" in later.html
    assert "minutes=30" in page.follow("30 min").path


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"day": "2026-02-30"}, "day"),
        ({"month": "soon"}, "month must be a month such as 2026-12"),
        ({"zone": "Mars/Olympus"}, "zone must be an IANA time zone"),
        ({"minutes": "many"}, "minutes"),
    ],
)
def test_a_wrong_value_is_said_and_the_page_is_shown(
    ada: Person, http: httpx.Client, query: dict[str, str], said: str
) -> None:
    page = Visitor(http).get("/coach/ada-lovelace", params=query)

    assert page.status == 422
    assert said in page.text
    assert starts(page)


@pytest.mark.parametrize("query", [{"month": "0001-01"}, {"month": "9999-12"}, {"day": "9999-12-31"}])
def test_far_months_show_the_nearest_that_can_be_booked(
    ada: Person, http: httpx.Client, query: dict[str, str]
) -> None:
    assert opened(http, **query)


def test_a_length_that_is_no_longer_offered_shows_another(ada: Person, http: httpx.Client) -> None:
    assert "minutes=30" in opened(http, minutes=45).html


def test_a_coach_without_free_times_says_so(ada: Person, http: httpx.Client) -> None:
    ada.ask("PUT", "/coach/me/availability", json={"weekly": []})

    assert "No free times in" in opened(http).text


def test_a_former_name_leads_to_the_page(ada: Person, http: httpx.Client) -> None:
    ada.ask("PATCH", "/coach/me", json={"slug": "countess"})

    answer = http.get("/coach/ada-lovelace?minutes=60")

    assert (answer.status_code, answer.headers["Location"]) == (301, "/coach/countess?minutes=60")


def test_an_unlisted_coach_has_no_page(http: httpx.Client) -> None:
    Person.registered(http, "coach", name="Nora New").ask("PATCH", "/coach/me", json={"headline": "New"})

    assert "There is no such page" in Visitor(http).get("/coach/nora-new").text
    assert http.get("/coach/nora-new").headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["%00", "a" * 500, "a%0Ab", "--", "me"])
def test_no_other_name_is_a_page(http: httpx.Client, name: str) -> None:
    for page in ("coach", "embed"):
        assert http.get(f"/{page}/{name}", headers=HTML).status_code in {401, 404}


def test_texts_of_a_coach_are_never_code(http: httpx.Client) -> None:
    coach = Person.registered(http, "coach", name="Eve <b>Evil</b>")
    coach.open_for_business(headline=EVIL, bio=EVIL, languages=[EVIL[:35]])

    for path in ("/", "/coach/eve-b-evil-b", "/embed/eve-b-evil-b"):
        page = Visitor(http).get(path)
        assert page.status == 200
        for code in ("<img src=x", "<b>", "<script>alert", 'content="</script>'):
            assert code not in page.html
    assert EVIL in Visitor(http).get("/coach/eve-b-evil-b").text


def test_the_page_describes_itself(ada: Person, http: httpx.Client) -> None:
    page = opened(http).html
    (described,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    service = json.loads(described)

    assert (service["@type"], service["provider"]["name"]) == ("Service", "Ada Lovelace")
    assert [(offer["price"], offer["priceCurrency"]) for offer in service["offers"]] == [
        ("37.50", "EUR"),
        ("75.00", "EUR"),
        ("112.50", "EUR"),
    ]
    assert '<meta property="og:title" content="Ada Lovelace">' in page
    assert re.search('<link rel="canonical" href="https?://[^/]+/coach/ada-lovelace">', page)
