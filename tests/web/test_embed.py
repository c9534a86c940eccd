"""A coach's calendar on another site, and what search engines read."""

from urllib.parse import urlsplit
from xml.etree import ElementTree

import httpx

from tests.people import Person
from tests.web.visitor import HTML, Visitor


def listed(http: httpx.Client, name: str) -> Person:
    return Person.registered(http, "coach", "Europe/Paris", name=name).open_for_business()


def test_only_the_calendar_may_be_framed(http: httpx.Client) -> None:
    listed(http, "Ada Lovelace")

    framed = http.get("/embed/ada-lovelace", headers=HTML).headers
    assert "frame-ancestors *" in framed["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed
    for path in ("/", "/coach/ada-lovelace", "/embed/nobody", "/sign-in"):
        other = http.get(path, headers=HTML).headers
        assert "frame-ancestors 'none'" in other["Content-Security-Policy"]
        assert other["X-Frame-Options"] == "DENY"


def test_the_frame_neither_reads_nor_sets_cookies(http: httpx.Client) -> None:
    coach = listed(http, "Ada Lovelace")
    visitor = Visitor.signed_in(coach)
    visitor.http.cookies["zone"] = "Asia/Tokyo"

    page = visitor.get("/embed/ada-lovelace")
    chosen = visitor.get("/embed/ada-lovelace", params={"zone": "America/New_York"})

    assert '<option value="Europe/Paris" selected>' in page.html
    assert '<option value="America/New_York" selected>' in chosen.html
    assert "Sign out" not in page.text
    assert not page.answer.headers.get_list("Set-Cookie") + chosen.answer.headers.get_list("Set-Cookie")


def test_times_of_the_frame_open_outside_of_it(http: httpx.Client) -> None:
    listed(http, "Ada Lovelace")

    page = Visitor(http).get("/embed/ada-lovelace")

    times = [part for part in page.html.split("<a ") if 'href="/book/' in part]
    assert times
    assert all('target="_blank"' in time.partition(">")[0] for time in times)


def test_the_script_for_other_sites(http: httpx.Client) -> None:
    answer = http.get("/embed.js")

    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "/embed/" in answer.text


def test_the_sitemap_lists_coaches_who_are_listed(http: httpx.Client) -> None:
    listed(http, "Ada Lovelace")
    Person.registered(http, "coach", name="Nora New").ask("PATCH", "/coach/me", json={"headline": "New"})

    answer = http.get("/sitemap.xml")

    root = ElementTree.fromstring(answer.text)
    paths = [urlsplit(place.text or "").path for place in root.findall("{*}url/{*}loc")]
    assert paths == ["/", "/coach/ada-lovelace"]
    assert answer.headers["Content-Type"].startswith("application/xml")


def test_robots_find_the_sitemap(http: httpx.Client) -> None:
    answer = http.get("/robots.txt")

    assert "Disallow: /*?" in answer.text
    assert "Sitemap: http" in answer.text
