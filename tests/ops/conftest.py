"""Operators need something to operate on."""

import pytest

from tests.payments.conftest import become_admin, shop
from tests.people import Person

__all__ = ["shop"]


@pytest.fixture
def admin(client: Person) -> Person:
    """Somebody who runs this."""
    person = Person.registered(client.http, "client", name="Olu Operator")
    become_admin(person)
    return person
