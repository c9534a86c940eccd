"""`make screenshots`: starts everything, as `make run` does, and takes the pictures of docs/images.

It needs chromium and chromedriver, and the ports of `make run` free.
"""

import io
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from docs.screenshots.story import API, MAILBOX, STRIPE, Client, confirmation

IMAGES = Path(__file__).parents[1] / "images"
COLOURS = 128
FLAGS = ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars", "force-color-profile=srgb")


@contextmanager
def running() -> Iterator[None]:
    """Everything on this machine, until the block ends."""
    command = [sys.executable, "-m", "sandbox.run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        assert process.stdout
        if not any("Ctrl-C" in line for line in process.stdout):
            raise SystemExit("`make run` did not start")
        yield
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@contextmanager
def browser() -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in FLAGS:
        options.add_argument(f"--{flag}")
    chrome = Chrome(options=options, service=ChromeService(shutil.which("chromedriver") or ""))
    chrome.implicitly_wait(10)
    yield chrome
    chrome.quit()


def take(chrome: Chrome, name: str, address: str, wait_for: str, size: tuple[int, int]) -> None:
    """A picture of a page, once the element that `wait_for` selects is there, in few colours to be small."""
    chrome.set_window_size(*size)
    chrome.get(address)
    chrome.find_element("css selector", wait_for)
    png = chrome.get_screenshot_as_png()
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(IMAGES / f"{name}.png", optimize=True)


def main() -> None:
    with running(), browser() as chrome:
        client = Client.signed_in()
        for _ in range(3):
            client.pay(*client.open_checkout())
        booking, page = client.open_checkout()
        take(chrome, "api-description", f"{API}/docs", ".opblock", (1100, 800))
        take(chrome, "sandbox-checkout", page, "form", (1000, 930))
        client.pay(booking, page)
        take(chrome, "sandbox-dashboard", STRIPE, "table", (1200, 800))
        number = confirmation()
        take(chrome, "mailbox", f"{MAILBOX}/messages/{number}", "body", (1200, 800))
        take(chrome, "email-confirmation", f"{MAILBOX}/messages/{number}/html", "body", (720, 860))


if __name__ == "__main__":
    main()
