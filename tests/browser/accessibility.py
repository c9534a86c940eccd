"""Whether everybody can read and use a page: WCAG 2.2 AA as axe-core finds it, and no sideways scroll."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium.webdriver import Chrome

from tests.browsers import look

_AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
_RUN = """
const done = arguments[arguments.length - 1];
const values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
axe.run(document, {runOnly: {type: "tag", values}})
  .then(found => done(found.violations), error => done(String(error)));
"""
_OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
_HEIGHT = "return document.documentElement.scrollHeight"
WIDTHS, SCHEMES = (360, 1280), ("light", "dark")


def assert_accessible(browser: Chrome, name: str | None = None) -> None:
    """Check the page that the browser shows: light and dark, narrow and wide.

    PAGE_PICTURES names a folder for pictures of it, named by its path or by `name`.
    """
    found = []
    for width in WIDTHS:
        for scheme in SCHEMES:
            look(browser, width, scheme)
            _take_picture(browser, f"{name or _named(browser)}-{width}-{scheme}.png", width, scheme)
            found += [f"{width} px, {scheme}: {wrong}" for wrong in _violations(browser)]
            sideways = browser.execute_script(_OVERFLOW)
            if sideways > 0:
                found.append(f"{width} px: scrolls sideways by {sideways} px")
    look(browser, 1280, "light")
    assert not found, "\n".join([browser.current_url, *found])


def _named(browser: Chrome) -> str:
    return re.sub(r"\W+", "-", urlsplit(browser.current_url).path).strip("-") or "first"


def _take_picture(browser: Chrome, name: str, width: int, scheme: str) -> None:
    folder = os.environ.get("PAGE_PICTURES")
    if folder:
        look(browser, width, scheme, browser.execute_script(_HEIGHT))
        browser.save_screenshot(str(Path(folder) / name))
        look(browser, width, scheme)


def _violations(browser: Chrome) -> list[str]:
    if not browser.execute_script("return typeof axe === 'object'"):
        browser.execute_script(_AXE)
    found: list[dict[str, Any]] | str = browser.execute_async_script(_RUN)
    assert isinstance(found, list), found
    return [
        f"{each['id']}: {node['html'][:160]}\n  {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]
