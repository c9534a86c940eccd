"""What a story draws: people, cards, parts of prices, and where the first of two is stopped."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from hypothesis import strategies as st

from tests.bookings.random_order.background import ANY
from tests.bookings.random_order.booking_model import DAY, WEEK
from tests.payments.disputes.opened_disputes import CARD_DISPUTED, CARD_INQUIRED
from tests.payments.random_faults.concurrent_actions import ACTIONS
from tests.payments.random_faults.interleaving import Stop
from tests.payments.random_faults.scenarios import REFUND_TAKES_TIME, Purchase
from tests.people import CARD, DECLINED

REFUND_FAILS_LATER = "4000000000005126"
WHICH = st.integers(0, ANY)
CLIENTS, COACHES = st.integers(0, 2), st.integers(0, 2)
AHEAD = st.integers(1, 200)
"""Half hours."""
CARDS = st.sampled_from(
    [CARD, CARD, REFUND_TAKES_TIME, REFUND_FAILS_LATER, CARD_DISPUTED, CARD_INQUIRED, DECLINED]
)
PURCHASES = st.builds(Purchase, CLIENTS, COACHES, AHEAD)
PARTS = st.sampled_from([None, None, 30, 50, 100])
"""Hundredths of a price; all that is left where it is None."""
SPANS = st.sampled_from([2, 10, 40, 130, DAY, 3 * DAY, WEEK])
URLS = st.sampled_from(["https://here.example", "https://elsewhere.example"])
STATUSES = st.sampled_from(["failed", "succeeded", "canceled", "requires_action", "failed"])
VERDICTS = st.sampled_from(["escalate", "won", "lost", "overturn"])
ACTION_NAMES = st.sampled_from(list(ACTIONS))
PAUSES = st.one_of(
    st.tuples(st.sampled_from([Stop.COMMIT, Stop.STRIPE_ASKED, Stop.STRIPE_ANSWERED]), st.integers(1, 3)),
    st.tuples(st.just(Stop.STATEMENT), st.integers(1, 40)),
)
"""Where the first of two is stopped, and how often it came by there."""


def when(is_there: Callable[[Any], object]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A rule that does nothing otherwise: what is drawn must not depend on what chance made of it."""

    def decorate(act: Callable[..., None]) -> Callable[..., None]:
        @wraps(act)
        def guarded(self: Any, **drawn: Any) -> None:
            if is_there(self):
                act(self, **drawn)

        return guarded

    return decorate
