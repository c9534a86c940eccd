"""The way of a new client in a real browser: from a time to the confirmed session."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import (
    text_to_be_present_in_element,
    title_contains,
    url_contains,
)

from tests.browser.accessibility import assert_accessible
from tests.browser.hands import fill_in, press, text, wait
from tests.browsers import needs_chromium, without_scripts
from tests.people import ASKS_FOR_3DS, CARD, DECLINED, Person
from tests.stack import Stack
from tests.web.booking_pages import HOLD, book_path

pytestmark = needs_chromium
BODY = (By.TAG_NAME, "body")


def hold(stack: Stack, browser: Chrome, coach: Person, email: str) -> None:
    browser.get(f"{stack.http.base_url}".rstrip("/") + book_path(coach))
    fill_in(browser, name="Ada Lovelace", email=email, notes="My talk in May")
    press(browser, HOLD)
    assert "Your time is held" in text(browser)


def pay(browser: Chrome, card: str) -> None:
    details = {"card_number": card, "expiry": "1240", "cvc": "123", "name": "Ada", "postal_code": "75001"}
    fill_in(browser, **details)
    browser.find_element(By.CSS_SELECTOR, "form button[type=submit], form button:not([type])").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_somebody_new_books_pays_and_is_confirmed(
    stack: Stack, browser: Chrome, coach: Person, scripts: bool
) -> None:
    if not scripts:
        without_scripts(browser)
    hold(stack, browser, coach, f"ada-{coach.id}@example.com")
    press(browser, "Pay 75.00 EUR")
    wait(browser).until(url_contains("/c/pay/"))
    pay(browser, DECLINED)
    wait(browser).until(text_to_be_present_in_element(BODY, "declined"))
    pay(browser, CARD)

    wait(browser).until(url_contains("/my/booking/"))
    wait(browser).until(title_contains("Your session is confirmed"))


def test_a_payer_who_proves_it_is_confirmed(stack: Stack, browser: Chrome, coach: Person) -> None:
    hold(stack, browser, coach, f"ada-{coach.id}@example.com")
    press(browser, "Pay 75.00 EUR")
    wait(browser).until(url_contains("/c/pay/"))
    pay(browser, ASKS_FOR_3DS)
    wait(browser).until(text_to_be_present_in_element(BODY, "Confirm your payment"))
    browser.find_element(By.CSS_SELECTOR, "button[value=accept]").click()

    wait(browser).until(title_contains("Your session is confirmed"))


def test_the_pages_are_accessible(stack: Stack, browser: Chrome, coach: Person) -> None:
    browser.get(f"{stack.http.base_url}".rstrip("/") + book_path(coach))
    assert_accessible(browser, "book")
    press(browser, HOLD)
    assert browser.find_element(By.CSS_SELECTOR, "[role=alert]")
    assert_accessible(browser, "book-wrong")
    hold(stack, browser, coach, f"ada-{coach.id}@example.com")
    assert_accessible(browser, "held")
    session = browser.current_url
    browser.get(f"{session}/paid")
    assert_accessible(browser, "waiting")
    browser.get(session)
    press(browser, "Pay 75.00 EUR")
    wait(browser).until(url_contains("/c/pay/"))
    pay(browser, CARD)
    wait(browser).until(title_contains("Your session is confirmed"))
    assert_accessible(browser, "confirmed")
    for words, name in (("Move it", "move"), ("Cancel it", "cancel")):
        browser.get(session)
        press(browser, words)
        assert_accessible(browser, name)
    press(browser, "Cancel the session")
    assert_accessible(browser, "cancelled")
