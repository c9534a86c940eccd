"""The system as it runs, for whatever people and programs send it."""

from tests.flow.conftest import client, coach, http, stack, undisturbed

__all__ = ["client", "coach", "http", "stack", "undisturbed"]
