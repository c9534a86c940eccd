"""Accounts of the running system with a proven address and a second factor."""

import pytest
from sqlalchemy import text

from tests.accounts.two_factor.authenticator import Phone
from tests.people import PASSWORD, Person
from tests.stack import Stack


@pytest.fixture
def client(stack: Stack, client: Person) -> Person:
    """Whose address is proven."""
    change(stack, "UPDATE account SET email_verified_at = now() WHERE id = :id", client)
    return client


@pytest.fixture
def phone(stack: Stack, client: Person) -> Phone:
    """The code that it shows now is good, though it turned the second factor on."""
    secret = client.post("/auth/second-factor", json={"password": PASSWORD}).json()["secret"]
    phone = Phone(client, secret)
    confirmed = client.post("/auth/second-factor/confirm", json={"code": phone.shows()})
    phone.recovery_codes = confirmed.json()["recovery_codes"]
    change(stack, "UPDATE second_factor SET last_step = NULL WHERE account_id = :id", client)
    return phone


def change(stack: Stack, rows: str, owner: Person, **values: str) -> None:
    with stack.database.begin() as connection:
        connection.execute(text(rows), {"id": owner.id, **values})
