"""Requests of every shape, those that fit /openapi.json and those that do not, to the system as it runs.

FUZZ=100 makes a hundred of each kind for each operation, as `make faults` does; `make test` one, CI a few.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import text

from app.extensions import Base
from tests.example_counts import examples
from tests.people import Person
from tests.stack import Stack
from tests.system.outcomes import settled

EXAMPLES = int(os.environ.get("FUZZ") or examples(1, ci=5))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
HANGS_AFTER = 25
"""Seconds; what the database may take is limited to fifteen."""
LEFT_OUT = {
    ("post", "/auth/logout"),  # those who ask stay signed in
    ("delete", "/auth/sign-in"),  # likewise
    ("delete", "/auth/me"),  # likewise
    ("post", "/auth/verify"),  # answers browsers as a page
    ("post", "/auth/password/reset"),  # likewise
}

NOT_OF_REQUESTS = {"idempotency_key", "reconciliation", "difference", "trouble", "sweep"}
"""Keys come and go, and every five minutes the books are compared with Stripe's."""


class Asking:
    """Sends what schemathesis makes up as one of several people, and counts the answers."""

    def __init__(self, stack: Stack, people: list[Person], ids: list[str]) -> None:
        self._base = str(stack.http.base_url)
        self._headers = [{"Authorization": f"Bearer {person.token}"} for person in people]
        self._ids = ids
        self._session = requests.Session()
        self._choice = random.Random(1)
        self.answers: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.taken: list[str] = []

    def of(self, operation: APIOperation, mode: GenerationMode) -> None:
        """As many requests as are wanted, of one operation; what is wrong with the answers is noted."""

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Case) -> None:
            assume(mode is GenerationMode.POSITIVE or _has_a_bad_body(case))
            for name in case.path_parameters:
                if self._choice.random() < 0.7:
                    case.path_parameters[name] = self._choice.choice(self._ids)
            headers = self._choice.choice(self._headers) if self._choice.random() < 0.95 else {}
            answer = case.call(
                base_url=self._base, session=self._session, headers=headers, timeout=HANGS_AFTER
            )
            self.answers[answer.status_code] += 1
            if answer.status_code < 400:
                self.taken.append(f"{case.method} {case.path} {case.query} {case.body}")
            case.validate_response(answer, checks=CHECKS)

        try:
            ask()
        except FailureGroup as found:
            self.wrong += [f"{operation.method} {operation.path}: {each}" for each in found.exceptions]


def _has_a_bad_body(case: Case) -> bool:
    """Not only a bad header, which may be one that nobody reads."""
    component = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    return component is not None and component.mode is GenerationMode.NEGATIVE


@pytest.fixture
def asking(stack: Stack, client: Person, coach: Person) -> Asking:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    ids = [client.id, coach.id, booking["id"], checkout["payment_id"], "00000000-0000-4000-8000-000000000000"]
    return Asking(stack, [client, coach, operator(stack)], ids)


def operator(stack: Stack) -> Person:
    person = Person.registered(stack.http, "client", "Europe/London")
    with stack.database.begin() as connection:
        connection.execute(text("UPDATE account SET role = 'admin' WHERE id = :id"), {"id": person.id})
    return person


def operations(stack: Stack, fits: Callable[[APIOperation], bool]) -> list[APIOperation]:
    schema = schemathesis.openapi.from_url(f"{stack.http.base_url}/openapi.json")
    found = [result.ok() for result in schema.get_all_operations()]
    return [each for each in found if (each.method, each.path) not in LEFT_OUT and fits(each)]


def rows(stack: Stack) -> dict[str, int]:
    """How many rows each table has, but for those that beat adds to of its own accord."""
    tables = Base.metadata.tables.keys() - NOT_OF_REQUESTS
    count = {name: f'SELECT count(*) FROM "{name}"' for name in tables}
    count["email"] += " WHERE kind <> 'needs_attention'"
    with stack.database.connect() as connection:
        return {name: connection.scalar(text(query)) or 0 for name, query in count.items()}


def test_what_fits_the_description_is_answered_as_described(stack: Stack, asking: Asking) -> None:
    wanted = operations(stack, lambda _: True)

    for operation in wanted:
        asking.of(operation, GenerationMode.POSITIVE)

    print("answers", dict(asking.answers))
    assert not asking.wrong, "\n".join(asking.wrong)
    assert asking.answers[200]


def test_what_does_not_fit_is_refused_and_leaves_nothing(stack: Stack, asking: Asking) -> None:
    def takes_a_body(operation: APIOperation) -> bool:
        return bool(operation.body) and operation.path != "/payment/webhook"

    settled(stack)
    before: dict[str, Any] = rows(stack)

    for operation in operations(stack, takes_a_body):
        asking.of(operation, GenerationMode.NEGATIVE)

    print("answers", dict(asking.answers))
    assert not asking.wrong, "\n".join(asking.wrong)
    assert not asking.taken, "\n".join(asking.taken)
    assert rows(stack) == before
