"""A fake Stripe on a free port, spoken to by the real `stripe` package, and a shop that hears its events."""

from collections.abc import Iterator

import pytest

from sandbox.stripe.pace import Pace
from sandbox.stripe.server import Server
from sandbox.stripe.settings import Settings
from tests.ports import free_port
from tests.sandbox.stripe.receiver import Receiver
from tests.sandbox.stripe.shop import Shop
from tests.stripe_contract import check_log, check_object


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Listens for events."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def _shop(receiver: Receiver) -> Iterator[Shop]:
    settings = Settings(
        url=f"http://localhost:{free_port()}",
        webhook_url=receiver.url,
        retry_pauses=(0.05, 0.1),
        delivery_timeout=0.5,
        redirect_wait=1,
        pace=Pace(
            settle_after=0.02, debit_after=0.05, slow_debit_after=180, refund_after=0.05, dispute_after=0.02
        ),
        tick=0.01,
    )
    server = Server(settings)
    server.start()
    with Shop(settings.url, receiver) as shop:
        yield shop
    server.stop()


@pytest.fixture
def shop(_shop: Shop) -> Iterator[Shop]:
    """A shop at a fake Stripe that has just begun; all that passes between them must keep the contract."""
    _shop.control("/reset")
    _shop.receiver.reset()
    yield _shop
    problems = check_log(_shop.look("/requests")["requests"])
    problems += [problem for event in _shop.receiver.events for problem in check_object(event)]
    assert problems == []
