"""What Stripe never told is found, and ends in the books as if it had been told."""

import pytest

from app.extensions import Base, db
from app.payments.webhook import inbox
from tests.payments.reconciliation.comparisons import differences, reconciled
from tests.payments.scenarios import STORIES, Books, Story
from tests.people import Person
from tests.shop import Shop

BY_ITSELF = {"reconciliation"}
"""Tables that say when it was last done."""


def at_rest(shop: Shop) -> Books:
    """Once every event on record has been applied."""
    while due := shop.work(inbox.DUE.ids, 100):
        for event_id in due:
            shop.work(inbox.process, shop.work(inbox.claim, event_id))
    return Books.of(shop)


def everything() -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables."""
    db.session.expire_all()
    tables = {name: table for name, table in Base.metadata.tables.items() if name not in BY_ITSELF}
    return {
        name: sorted((tuple(row) for row in db.session.execute(table.select())), key=repr)
        for name, table in tables.items()
    }


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_no_event_arrived_and_the_books_end_as_if_all_had(
    silent: Shop, client: Person, coach: Person, story: Story
) -> None:
    story.play(silent, client, coach)

    reconciled(silent)

    assert at_rest(silent) == story.books
    assert differences(silent) == []


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_no_event_ever_came_to_be_and_the_objects_tell_the_same(
    silent: Shop, client: Person, coach: Person, story: Story
) -> None:
    silent.sandbox.control("/deliveries/rule", mode="lose")
    story.play(silent, client, coach)

    reconciled(silent)

    assert at_rest(silent) == story.books
    assert differences(silent) == []


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_second_time_changes_nothing(silent: Shop, client: Person, coach: Person, story: Story) -> None:
    story.play(silent, client, coach)
    reconciled(silent)
    before = everything()
    silent.sandbox.http.delete(f"{silent.sandbox.stripe_url}/_sandbox/requests")

    assert reconciled(silent) == {}

    assert everything() == before
    asked = silent.sandbox.http.get(f"{silent.sandbox.stripe_url}/_sandbox/requests").json()["requests"]
    assert {request["method"] for request in asked} == {"GET"}
