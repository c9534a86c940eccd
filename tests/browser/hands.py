"""What a person does to a page: type, press, read."""

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait


def fill_in(browser: Chrome, **values: str) -> None:
    """Type into fields by their names; choose in a select by the option's value."""
    for name, value in values.items():
        field = browser.find_element(By.NAME, name)
        if field.tag_name == "select":
            Select(field).select_by_value(value)
        else:
            field.clear()
            field.send_keys(value)


def press(browser: Chrome, words: str, within: str = "body") -> None:
    """Press the button or follow the link with these words, and wait for the next page."""
    page = browser.find_element(By.TAG_NAME, "html")
    box = browser.find_element(By.CSS_SELECTOR, within)
    named = f".//*[self::button or self::a][normalize-space(.)='{words}']"
    box.find_element(By.XPATH, named).click()
    wait(browser).until(lambda shown: shown.find_element(By.TAG_NAME, "html") != page)


def text(browser: Chrome) -> str:
    return browser.find_element(By.TAG_NAME, "body").text


def wait(browser: Chrome) -> "WebDriverWait[Chrome]":
    return WebDriverWait(browser, 15)
