"""The system as it runs, for whatever people and programs send it."""

from tests.system.conftest import client, coach, http, undisturbed

__all__ = ["client", "coach", "http", "undisturbed"]
