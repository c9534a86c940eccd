"""Stripe keeps no order and repeats itself: whatever order its word arrives in, the books end the same.

ORDERS_OF=7 tells every order of up to seven events, which takes long; CI every one of up to five.
"""

import pytest

from tests.payments.scenarios import STORIES, TOLD_BY_EVENTS_ALONE, Story
from tests.payments.settlement.event_orders import ALL_ORDERS_OF, orders, tell_in_each
from tests.people import Person
from tests.shop import Shop


@pytest.mark.timeout(600 if ALL_ORDERS_OF <= 5 else 7200)  # ten seconds at the most, unless it is busy
@pytest.mark.parametrize("story", [*STORIES, *TOLD_BY_EVENTS_ALONE], ids=lambda story: story.name)
def test_in_every_order_and_twice_the_books_end_the_same(
    unhurried: Shop, client: Person, coach: Person, story: Story
) -> None:
    events = story.events(unhurried, client, coach)
    assert len(events) > 1

    tell_in_each(unhurried, orders(len(events)), [], events, story.books)
