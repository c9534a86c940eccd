"""The whole system, as people meet it."""

from collections.abc import Iterator

import httpx
import pytest

from tests.people import Person
from tests.rate_limited_web import limited, limited_server
from tests.stack import Stack
from tests.system.operations import operator

__all__ = ["limited", "limited_server"]


@pytest.fixture(autouse=True)
def undisturbed(stack: Stack) -> Iterator[None]:
    """Whatever a test let go wrong is right again after it. Nobody was refused because of a deadlock."""
    yield
    stack.sandbox.behaves()
    assert not stack.has_logged("does not answer: DeadlockDetected")


@pytest.fixture
def http(stack: Stack) -> httpx.Client:
    """HTTP to the running system, in place of the application in this process."""
    return stack.http


@pytest.fixture
def client(http: httpx.Client) -> Person:
    return Person.registered(http, "client", "Europe/London")


@pytest.fixture
def coach(http: httpx.Client) -> Person:
    return Person.registered(http, "coach", "Europe/Paris").open_for_business()


@pytest.fixture
def admin(stack: Stack) -> Person:
    """Somebody who runs this."""
    return operator(stack)
