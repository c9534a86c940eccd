"""A Stripe that starts empty, so that everything there is of this test."""

import pytest

from tests.people import Sandbox
from tests.shop import Shop


@pytest.fixture
def emptied(sandbox: Sandbox) -> None:
    """Stripe knows of nothing."""
    sandbox.control("/reset")


@pytest.fixture
def silent(emptied: None, unhurried: Shop) -> Shop:
    """This Stripe starts empty, and no word of what happens there reaches us."""
    return unhurried
