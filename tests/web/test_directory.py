"""The first page: coaches, found by words, language and price."""

from typing import Any

import httpx
import pytest

from tests.configuration import Configure
from tests.people import Person
from tests.web.visitor import Page, Visitor


@pytest.fixture
def trio(http: httpx.Client) -> list[Person]:
    return [
        _coach(http, "Ada Euro", headline="Careers in science", languages=["English", "French"]),
        _coach(http, "Bao Dollar", currency="USD", hourly_rate=40, languages=["Vietnamese"]),
        _coach(http, "Cem Euro", hourly_rate=120, languages=["English"]),
    ]


def _coach(http: httpx.Client, name: str, **profile: Any) -> Person:
    return Person.registered(http, "coach", name=name).open_for_business(**profile)


def names(page: Page) -> list[str]:
    return [name for name in ("Ada Euro", "Bao Dollar", "Cem Euro") if name in page.text]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({}, ["Ada Euro", "Bao Dollar", "Cem Euro"]),
        ({"q": "science"}, ["Ada Euro"]),
        ({"language": "english"}, ["Ada Euro", "Cem Euro"]),
        ({"currency": "EUR", "max_rate": "100"}, ["Ada Euro"]),
        ({"q": "nobody"}, []),
    ],
)
def test_a_visitor_searches(trio: list[Person], http: httpx.Client, typed: Any, found: list[str]) -> None:
    page = Visitor(http).get("/").send("Search", **typed)

    assert (page.status, names(page)) == (200, found)
    assert ("No coach fits this search" in page.text) == (not found)
    assert all(f'value="{value}"' in page.html for value in typed.values())


def test_the_price_from_which_a_coach_can_be_booked_is_shown(trio: list[Person], http: httpx.Client) -> None:
    page = Visitor(http).get("/", params={"q": "ada"})

    assert "from 37.50 EUR" in page.text
    assert "30, 60, 90 min" in page.text


def test_a_price_without_a_currency_is_said_at_its_field(trio: list[Person], http: httpx.Client) -> None:
    page = Visitor(http).get("/").send("Search", max_rate="100")

    assert page.status == 422
    assert "Up to, an hour needs a currency" in page.text
    assert names(page) == []


def test_the_list_goes_on_and_back(trio: list[Person], http: httpx.Client) -> None:
    page = Visitor(http).get("/", params={"limit": 2})
    assert names(page) == ["Ada Euro", "Bao Dollar"]

    page = page.follow("More coaches")
    assert names(page) == ["Cem Euro"]

    assert names(page.follow("First coaches")) == ["Ada Euro", "Bao Dollar"]


def test_parameters_of_other_sites_do_not_matter(trio: list[Person], http: httpx.Client) -> None:
    assert len(names(Visitor(http).get("/?utm_source=letter&fbclid=1"))) == 3


def test_without_coaches_the_page_says_so(http: httpx.Client) -> None:
    page = Visitor(http).get("/")

    assert "No coaches yet" in page.text


def test_programs_are_led_to_the_description(http: httpx.Client, configure: Configure) -> None:
    assert '</openapi.json>; rel="service-desc"' in http.get("/").headers["Link"]

    configure(api_docs=False)
    assert "Link" not in http.get("/").headers


def test_a_card_leads_to_the_coach(trio: list[Person], http: httpx.Client) -> None:
    page = Visitor(http).get("/").follow("Ada Euro")

    assert page.path == "/coach/ada-euro"
    assert "Careers in science" in page.text
