"""The payment page in a real browser, as a payer meets it."""

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import text_to_be_present_in_element, url_contains
from selenium.webdriver.support.ui import WebDriverWait

from tests.browsers import browser, chromium, needs_chromium
from tests.people import ASKS_FOR_3DS, CARD, DECLINED, Person
from tests.stack import Stack
from tests.system.outcomes import confirmed

__all__ = ["browser", "chromium"]

pytestmark = needs_chromium


def test_a_payer_is_declined_and_pays_with_another_card(
    stack: Stack, browser: Chrome, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    back_at = f"{stack.sandbox.mailbox_url}/?paid="
    browser.get(client.checks_out(booking, success_url=back_at + "{CHECKOUT_SESSION_ID}")["url"])
    assert "€75.00" in browser.find_element(By.TAG_NAME, "body").text

    _fill_in(browser, DECLINED)
    _wait(browser).until(text_to_be_present_in_element((By.TAG_NAME, "body"), "declined"))
    _fill_in(browser, CARD)

    _wait(browser).until(url_contains(f"{back_at}cs_test_"))
    confirmed(client, booking)


def test_a_payer_accepts_3d_secure(stack: Stack, browser: Chrome, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    back_at = f"{stack.sandbox.mailbox_url}/?paid="
    browser.get(client.checks_out(booking, success_url=back_at)["url"])

    _fill_in(browser, ASKS_FOR_3DS)
    _wait(browser).until(text_to_be_present_in_element((By.TAG_NAME, "body"), "Confirm your payment"))
    browser.find_element(By.CSS_SELECTOR, "button[value=accept]").click()

    _wait(browser).until(url_contains("?paid="))
    confirmed(client, booking)


def _fill_in(browser: Chrome, card: str) -> None:
    values = {
        "card_number": card,
        "expiry": "1240",
        "cvc": "123",
        "name": "Pat Payer",
        "postal_code": "75001",
    }
    for name, value in values.items():
        field = browser.find_element(By.NAME, name)
        field.clear()
        field.send_keys(value)
    browser.find_element(By.CSS_SELECTOR, "form button[type=submit], form button:not([type])").click()


def _wait(browser: Chrome) -> WebDriverWait[Chrome]:
    return WebDriverWait(browser, 15)
