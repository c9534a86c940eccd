"""The way of a new client in a real browser: from a time to the confirmed session."""

import re

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
from tests.waiting import wait_until
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
    email = f"ada-{coach.id}@example.com"
    hold(stack, browser, coach, email)
    press(browser, "Pay 75.00 EUR")
    wait(browser).until(url_contains("/c/pay/"))
    pay(browser, DECLINED)
    wait(browser).until(text_to_be_present_in_element(BODY, "declined"))
    pay(browser, CARD)

    wait(browser).until(url_contains("/my/booking/"))
    wait(browser).until(title_contains("Your session is confirmed"))
    changes_it_by_the_link_of_the_mail(stack, browser, email)


def changes_it_by_the_link_of_the_mail(stack: Stack, browser: Chrome, email: str) -> None:
    browser.delete_all_cookies()
    browser.get(manage_link(stack, email))
    press(browser, "Move it")
    browser.find_elements(By.CSS_SELECTOR, ".day")[-1].click()  # early enough for a full refund
    browser.find_element(By.CSS_SELECTOR, ".time-choices label").click()
    press(browser, "Move to this time")
    assert "The session has a new time." in text(browser)
    press(browser, "Cancel it")
    assert "You get back 75.00 EUR of 75.00 EUR (100 %)." in text(browser)
    press(browser, "Cancel the session")
    assert "This session is cancelled" in text(browser)
    assert "Refunded" in text(browser)


def manage_link(stack: Stack, email: str) -> str:
    """The link in the mail that confirms the session."""

    def found() -> list[str]:
        mails = stack.sandbox.mails_to(email)
        return [link for mail in mails for link in re.findall(r"http\S+/manage/\S+", mail["text"])]

    wait_until(lambda: bool(found()))
    return found()[0]


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
    browser.get(manage_link(stack, f"ada-{coach.id}@example.com"))
    assert_accessible(browser, "managed")
    press(browser, "Cancel it")
    press(browser, "Cancel the session")
    assert_accessible(browser, "cancelled")
    browser.get(f"{stack.http.base_url}".rstrip("/") + "/manage/nothing")
    assert_accessible(browser, "link-ended")
