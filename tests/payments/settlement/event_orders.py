"""Events told in each order, and undone in between."""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby, permutations

from app.extensions import db
from app.payments.webhook import inbox
from tests.example_counts import examples
from tests.payments.scenarios import Books
from tests.shop import Event, Shop

ALL_ORDERS_OF, CHANCES = int(os.environ.get("ORDERS_OF") or examples(4, ci=5)), examples(20, ci=60)
"""All orders of up to so many events; of more, as many orders as chance draws."""


Order = Sequence[int]
"""Which event comes when."""


def orders(events: int) -> list[Order]:
    if events <= ALL_ORDERS_OF:
        return list(permutations(range(events)))
    chance = random.Random(0)
    return sorted({tuple(chance.sample(range(events), events)) for _ in range(CHANCES)})


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


def tell_in_each(
    shop: Shop, to_come: Sequence[Order], told: list[int], events: list[Event], books: Books
) -> None:
    """Orders that begin alike share their beginning."""
    if to_come == [()]:
        assert books_at_rest(shop, events, told) == books, [events[each]["type"] for each in told]
        return
    for first, beginning in groupby(to_come, key=lambda order: order[0]):
        with undone():
            shop.deliver_event(events[first])
            tell_in_each(shop, [order[1:] for order in beginning], [*told, first], events, books)


def books_at_rest(shop: Shop, events: list[Event], told: list[int]) -> Books:
    """What came first comes once more at the end, and then what came last."""
    for again in (told[0], told[-1]):
        shop.deliver_event(events[again])
    while due := shop.work(inbox.DUE.ids, 100):
        for event_id in due:
            shop.work(inbox.process, shop.work(inbox.claim, event_id))
    return Books.of(shop)
