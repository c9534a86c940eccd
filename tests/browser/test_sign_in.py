"""Sign-in in a real browser."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.browser.accessibility import assert_accessible
from tests.browser.hands import fill_in, press, text
from tests.browsers import needs_chromium, without_scripts
from tests.people import PASSWORD, Person
from tests.stack import Stack

pytestmark = needs_chromium


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_client_signs_in_and_out(stack: Stack, browser: Chrome, client: Person, scripts: bool) -> None:
    if not scripts:
        without_scripts(browser)
    browser.get(f"{stack.http.base_url}/sign-in")

    fill_in(browser, email=client.email, password="wrong")
    press(browser, "Sign in", within="main")
    assert "The e-mail address or the password is wrong." in text(browser)
    fill_in(browser, password=PASSWORD)
    press(browser, "Sign in", within="main")

    press(browser, "Sign out")
    assert "You are signed out." in text(browser)


def test_the_pages_are_accessible(stack: Stack, browser: Chrome) -> None:
    for path in ("/", "/sign-in", "/nothing"):
        browser.get(f"{stack.http.base_url}{path}")
        assert_accessible(browser)
    browser.get(f"{stack.http.base_url}/sign-in")
    press(browser, "Sign in", within="main")
    assert browser.find_element(By.CSS_SELECTOR, "[role=alert]")
    assert_accessible(browser)
