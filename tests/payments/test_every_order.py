"""Stripe keeps no order and repeats itself: whatever order its word arrives in, the books end the same."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import permutations
from math import factorial

import pytest

from app.extensions import db
from app.payments import inbox
from tests.payments.conftest import Event, Shop
from tests.payments.stories import STORIES, Books, Story
from tests.people import Person

MOST_ORDERS = 120
"""All orders of up to five events; of more, as many that differ by chance."""


def orders(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    if factorial(len(events)) <= MOST_ORDERS:
        yield from permutations(events)
        return
    chance = random.Random(0)
    yield list(events)
    yield list(events)[::-1]
    for _ in range(MOST_ORDERS - 2):
        yield chance.sample(events, len(events))


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back."""
    db.session.remove()
    savepoint = db.engines[None].begin_nested()  # type: ignore[attr-defined] - the test's one connection
    try:
        yield
    finally:
        db.session.remove()
        savepoint.rollback()


def books_after(shop: Shop, order: Sequence[Event]) -> Books:
    """Each event arrives twice, the second time the other way round; then everything is at rest."""
    for event in [*order, *order[::-1]]:
        shop.told(event)
    while due := shop.work(inbox.forgotten, 100):
        for event_id in due:
            shop.work(inbox.handle, event_id)
    return Books.of(shop)


@pytest.mark.timeout(400)  # 20 seconds each, but not on a machine that is busy
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_in_every_order_and_twice_the_books_end_the_same(
    unhurried: Shop, client: Person, coach: Person, story: Story
) -> None:
    events = story.told(unhurried, client, coach)
    assert len(events) > 1

    for order in orders(events):
        with undone():
            assert books_after(unhurried, order) == story.books, [event["type"] for event in order]
