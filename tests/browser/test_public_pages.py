"""The list of coaches and a coach's page in a real browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from tests.browser.accessibility import assert_accessible
from tests.browser.hands import fill_in, press, text, wait
from tests.browsers import needs_chromium, without_scripts
from tests.people import Person
from tests.stack import Stack

pytestmark = needs_chromium

INITIAL_HEIGHT = 768
"""Of the frame, until its page says how high it is."""
BIO = """I have coached people who moved for work for twelve years, in French and in English.

We begin with what is on your mind. After three sessions you know what to say, and to whom."""


@pytest.fixture
def amara(stack: Stack) -> str:
    """The address of a coach's page."""
    coach = Person.registered(stack.http, "coach", "Europe/Paris", name="Amara Diallo")
    coach.open_for_business(
        headline="Settle in: work and life between cultures", bio=BIO, languages=["English", "French"]
    )
    weekly = [
        {"weekday": day, "start_time": "08:00", "end_time": "19:00"}
        for day in ("monday", "tuesday", "thursday", "friday")
    ]
    coach.ask("PUT", "/coach/me/availability", json={"weekly": weekly})
    return f"{stack.http.base_url}/coach/{coach.get('/coach/me').json()['slug']}"


def shown_zone(browser: Chrome) -> str:
    return str(browser.execute_script("return document.getElementById('zone-name').value"))


@pytest.fixture
def in_tokyo(browser: Chrome) -> Iterator[Chrome]:
    """A browser in another zone than the coach's."""
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    yield browser
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


def test_the_browser_s_zone_is_used_and_another_can_be_chosen(in_tokyo: Chrome, amara: str) -> None:
    browser = in_tokyo
    browser.get(amara)
    wait(browser).until(lambda page: shown_zone(page) == "Asia/Tokyo")
    assert "UTC+09:00" in text(browser)
    assert "zone=" not in browser.current_url

    Select(browser.find_element(By.ID, "zone-name")).select_by_value("America/New_York")
    wait(browser).until(lambda page: re.search(r"UTC-0[45]:00", text(page)))
    browser.get(amara)

    assert shown_zone(browser) == "America/New_York"


def test_another_day_is_shown_in_the_same_page(browser: Chrome, amara: str) -> None:
    browser.get(amara)
    page = browser.find_element(By.TAG_NAME, "html")
    day = browser.find_elements(By.CSS_SELECTOR, ".month a:not([aria-current])")[-1]
    address = day.get_attribute("href")
    day.click()
    wait(browser).until(lambda shown: shown.current_url == address)
    wait(browser).until(lambda shown: not shown.find_elements(By.CSS_SELECTOR, "[aria-busy]"))

    assert browser.find_element(By.TAG_NAME, "html") == page
    chosen = browser.find_element(By.CSS_SELECTOR, ".month a[aria-current=date]")
    assert chosen.get_attribute("href") == address
    assert browser.switch_to.active_element == chosen
    assert "free times" in browser.find_element(By.ID, "calendar-status").get_attribute("textContent")


def test_without_javascript_links_and_forms_do_the_same(browser: Chrome, amara: str) -> None:
    without_scripts(browser)
    browser.get(amara)
    assert shown_zone(browser) == "Europe/Paris"

    fill_in(browser, zone="Asia/Kolkata")
    press(browser, "Change")

    assert shown_zone(browser) == "Asia/Kolkata"
    assert "UTC+05:30" in text(browser)
    assert "/book/" in str(browser.find_element(By.CSS_SELECTOR, ".times a").get_attribute("href"))


@contextmanager
def site(folder: Path, page: str) -> Iterator[str]:
    """Another site with this page: its address."""
    (folder / "index.html").write_text(page, encoding="utf-8")
    serve = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        server.daemon_threads = True
        try:
            yield f"http://localhost:{server.server_port}/"
        finally:
            server.shutdown()


def test_the_calendar_shows_on_another_site(browser: Chrome, amara: str, tmp_path: Path) -> None:
    base, _, slug = amara.partition("/coach/")
    page = f'<!doctype html><body><script src="{base}/embed.js" data-coach="{slug}" async></script>'
    with site(tmp_path, page) as address:
        browser.get(address)
        frame = wait(browser).until(lambda shown: shown.find_element(By.TAG_NAME, "iframe"))
        wait(browser).until(lambda _: frame.size["height"] not in {0, INITIAL_HEIGHT})
        browser.switch_to.frame(frame)
        zone = browser.execute_script("return Intl.DateTimeFormat().resolvedOptions().timeZone")
        wait(browser).until(lambda shown: shown_zone(shown) == zone)

        assert "Book a session" in text(browser)
        assert browser.get_cookies() == []
        browser.switch_to.default_content()


def test_a_visitor_finds_a_coach(stack: Stack, browser: Chrome, amara: str) -> None:
    browser.get(f"{stack.http.base_url}/")
    fill_in(browser, q="between cultures", language="French")
    press(browser, "Search")
    assert_accessible(browser, "directory")

    press(browser, "Amara Diallo", within=".coaches")

    assert browser.find_element(By.TAG_NAME, "h1").text == "Amara Diallo"


def test_the_public_pages_are_accessible(stack: Stack, browser: Chrome, amara: str) -> None:
    for name, address in {
        "coach": amara,
        "coach-later": f"{amara}?month=2199-01",
        "embed": amara.replace("/coach/", "/embed/"),
        "coaches-none": f"{stack.http.base_url}/?q=nobody",
        "coaches-wrong": f"{stack.http.base_url}/?max_rate=many",
    }.items():
        browser.get(address)
        assert_accessible(browser, name)
