from tests.browsers import browser, chromium
from tests.system.conftest import client, coach, http

__all__ = ["browser", "chromium", "client", "coach", "http"]
